import { Client as Sql } from 'pg';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { AddressInfo } from 'node:net';
import type { SensorDto, SensorPageDto } from '../../src/sensors/sensor.dto';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';

/** A gateway whose list of sensors the test decides. */
class ListingGateway {
  readonly received: string[] = [];
  list: unknown = [];
  private readonly sockets = new Set<WebSocket>();

  private constructor(private readonly server: WebSocketServer) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('message', (data: Buffer) => this.answer(socket, data));
    });
  }

  static async listen(): Promise<ListingGateway> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise((resolve) => server.once('listening', resolve));
    return new ListingGateway(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  asked(type: string): number {
    return this.received.filter((each) => each === type).length;
  }

  notify(type: string, data: unknown): void {
    for (const socket of this.sockets) this.send(socket, type, data);
  }

  drop(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(socket: WebSocket, data: Buffer): void {
    const { Type } = JSON.parse(data.toString()) as { Type: string };
    this.received.push(Type);
    if (Type === 'POST_LOGIN') this.send(socket, 'RTN_LOGIN', { Success: true });
    if (/^GET_DYN_(READINGS|TEMPS|BATTS)$/.test(Type)) this.send(socket, Type.replace('GET', 'RTN'), []);
    if (Type === 'GET_DYN' || Type === 'GET_DYN_CONNECTED') this.send(socket, 'RTN_DYN', this.list);
  }

  private send(socket: WebSocket, type: string, data: unknown): void {
    socket.send(JSON.stringify({ Type: type, From: 'SERV', Target: 'UI', Data: data }));
  }
}

const hub = aHub({ INVENTORY_INTERVAL_MS: '3600000' });
const gateways: ListingGateway[] = [];

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
});

async function aListingGateway(list: unknown): Promise<ListingGateway> {
  const gateway = await ListingGateway.listen();
  gateway.list = list;
  gateways.push(gateway);
  return gateway;
}

async function sensorsOf(gateway: { id: string }, query = ''): Promise<SensorDto[]> {
  const { body } = (await hub.http.get(`/api/sensors?gateway_id=${gateway.id}&sort=serial${query}`).expect(200)) as {
    body: SensorPageDto;
  };
  return body.data;
}

/** Waits until the sensors of a gateway match. */
function listed(gateway: { id: string }, expected: object[]): Promise<SensorDto[]> {
  return eventually(async () => {
    const sensors = await sensorsOf(gateway);
    expect(sensors).toMatchObject(expected);
    return sensors;
  });
}

/** Tells whether rows of the sensors and access points of a gateway have been written again: each write gives a row another version. */
async function versionsOf(gatewayId: string): Promise<string[]> {
  const sql = new Sql({ connectionString: hub.database.url });
  await sql.connect();
  try {
    const { rows } = await sql.query<{ version: string }>(
      `SELECT format('sensor %s: %s %s', serial, xmin, ctid) AS version FROM sensors WHERE gateway_id = $1
       UNION ALL SELECT format('access point %s: %s %s', serial, xmin, ctid) FROM access_points WHERE gateway_id = $1`,
      [gatewayId],
    );
    return rows.map(({ version }) => version).sort();
  } finally {
    await sql.end();
  }
}

describe('the sensors of a gateway', () => {
  it.each(['captured', 'manual', 'hostile'] as const)(
    'appear soon after it is connected, with what it says about them: %s',
    async (profile) => {
      const device = await aDevice({ profile });
      const gateway = await hub.connected(device);
      // A sensor is in the table, too, when a reading of it arrives before the list: then it is not listed yet.
      await eventually(async () => {
        const sensors = await sensorsOf(gateway);
        expect(sensors.length).toBeGreaterThanOrEqual(3);
        expect(sensors[0]).toMatchObject({
          gateway_id: gateway.id,
          listed: true,
          connected: true,
          last_connected: true,
        });
        expect(sensors.at(-1)).toMatchObject({ listed: true, connected: false });
        expect(sensors[0]?.samples).toBeGreaterThan(0);
      });
    },
  );

  it('follow its notifications', async () => {
    const peer = await aListingGateway([{ Serial: 7, Connected: 1, AccessPoint: 90 }]);
    const gateway = await hub.create(peer);
    const [before] = await listed(gateway, [{ serial: 7, connected: true, access_point_serial: 90 }]);
    peer.notify('NOT_DYN_CONN', { Serial: 7, Connected: 0 });
    const [after] = await listed(gateway, [{ serial: 7, connected: false, access_point_serial: 90 }]);
    expect(Date.parse(after?.connection_changed_at ?? '')).toBeGreaterThan(
      Date.parse(before?.connection_changed_at ?? ''),
    );
    expect(after).toMatchObject({ name: '7', updated_at: before?.updated_at, latest_vibration: null, overdue: null });

    peer.notify('NOT_AP_CONN', { Serial: 90, Connected: 1 });
    await eventually(async () => {
      const { body } = (await hub.http.get(`/api/access-points?gateway_id=${gateway.id}`).expect(200)) as {
        body: unknown;
      };
      expect(body).toMatchObject({ data: [{ serial: 90, connected: true }], pagination: { total: 1 } });
    });
  });

  it('stay when it no longer lists them, and are asked for again on request', async () => {
    const peer = await aListingGateway([{ Serial: 7 }, { Serial: 8 }]);
    const gateway = await hub.create(peer);
    await listed(gateway, [
      { serial: 7, listed: true },
      { serial: 8, listed: true },
    ]);
    peer.list = { 8: { Connected: 1 } };
    const { body } = (await hub.http.post(`/api/gateways/${gateway.id}/inventory`).expect(202)) as { body: unknown };
    expect(body).toMatchObject({ gateway_id: gateway.id, last_inventory_at: expect.any(String) as string });
    await listed(gateway, [
      { serial: 7, listed: false, connected: null },
      { serial: 8, listed: true, connected: true },
    ]);
    expect(await sensorsOf(gateway, '&listed=true&connection=connected')).toMatchObject([{ serial: 8 }]);
    expect(peer.asked('GET_DYN')).toBe(2);
  });

  it('are unknown while its session is lost, with the last value and its age', async () => {
    const peer = await aListingGateway([{ Serial: 7, Connected: 1 }]);
    const gateway = await hub.create(peer);
    await listed(gateway, [{ connected: true }]);
    await hub.order(gateway, 'disconnect');
    const [sensor] = await listed(gateway, [{ connected: null, last_connected: true }]);
    const age = Date.parse(sensor?.as_of ?? '') - Date.parse(sensor?.connection_as_of ?? '');
    expect(age).toBeGreaterThanOrEqual(0);
    expect(await sensorsOf(gateway, '&connection=unknown')).toHaveLength(1);
    await hub.http.post(`/api/gateways/${gateway.id}/inventory`).expect(202, /"connected":false/);

    await hub.order(gateway, 'connect');
    await listed(gateway, [{ connected: true }]);
  });

  it('are asked for when it mentions one that nobody knows, once', async () => {
    const peer = await aListingGateway([{ Serial: 7, Samples: 4096 }]);
    const gateway = await hub.create(peer);
    await listed(gateway, [{ serial: 7 }]);
    peer.list = [
      { Serial: 7, Samples: 4096 },
      { Serial: 8, Samples: 1024 },
    ];
    peer.notify('NOT_DYN_READING_STARTED', { Serial: 8, Success: true });
    await listed(gateway, [{ serial: 7 }, { serial: 8, samples: 1024, listed: true }]);
    peer.notify('NOT_DYN_CONN', { Serial: 9, Connected: 1 }); // Its list does not name this one.
    await listed(gateway, [{ serial: 7 }, { serial: 8 }, { serial: 9, listed: false, connected: true }]);
    await eventually(() => expect(peer.asked('GET_DYN')).toBe(3));
    peer.notify('NOT_DYN_READING_STARTED', { Serial: 9, Success: true });
    await hub.http.post(`/api/gateways/${gateway.id}/inventory`).expect(202);
    await eventually(() => expect(peer.asked('GET_DYN')).toBe(4));
  });

  it('of a large list are all stored', async () => {
    const list = Array.from({ length: 1000 }, (_, n) => ({
      Serial: n + 1,
      Connected: 1,
      Nickname: `Sensor ${'x'.repeat(100)}`,
    }));
    expect(JSON.stringify(list).length).toBeGreaterThan(65_536);
    const peer = await aListingGateway(list);
    const gateway = await hub.create(peer);
    await eventually(async () => {
      const { body } = (await hub.http.get(`/api/sensors?gateway_id=${gateway.id}&limit=1`).expect(200)) as {
        body: unknown;
      };
      expect(body).toMatchObject({ pagination: { total: 1000 } });
    });
  });

  it('are not written again when nothing has changed', async () => {
    const sensor = { Serial: 7, Connected: 1, AccessPoint: 90 };
    const peer = await aListingGateway([sensor]);
    const gateway = await hub.create(peer);
    await listed(gateway, [{ serial: 7 }]);
    const stored = await eventually(async () => {
      const versions = await versionsOf(gateway.id);
      expect(versions).toHaveLength(2);
      return versions;
    });
    peer.drop();
    await eventually(() => expect(peer.asked('GET_DYN')).toBe(2));
    await hub.http.post(`/api/gateways/${gateway.id}/inventory`).expect(202);
    await eventually(() => expect(peer.asked('GET_DYN')).toBe(3));
    peer.list = [sensor, { Serial: 8, Connected: 1, AccessPoint: 90 }];
    await hub.http.post(`/api/gateways/${gateway.id}/inventory`).expect(202);
    await listed(gateway, [{ serial: 7 }, { serial: 8 }]); // Then the lists before it are stored, too.
    expect(await versionsOf(gateway.id)).toEqual(expect.arrayContaining(stored));
  });

  it('can be named, and told how often to measure', async () => {
    const peer = await aListingGateway([{ Serial: 7, Connected: 1 }]);
    const gateway = await hub.create(peer);
    const [sensor] = await listed(gateway, [{ serial: 7 }]);
    const path = `/api/sensors/${sensor?.id ?? ''}`;
    const { headers } = (await hub.http.get(path).expect(200)) as { headers: Record<string, string> };
    const settings = { sample_rate_hz: 25_600, acceleration_unit: 'm_s2', temperature_unit: 'celsius' };
    const change = { name: 'Pump 4', settings, expected_interval_s: 3600, metadata: { row: 3 } };
    const tag = headers['etag'] ?? '';
    await hub.http
      .put(path)
      .set('if-match', tag)
      .send(change)
      .expect(200, /Pump 4/);
    await hub.http.put(path).set('if-match', tag).send({ name: 'x' }).expect(412);
    const { body } = (await hub.http.get(path).expect(200)) as { body: unknown };
    expect(body).toMatchObject({ serial: 7, connected: true, ...change });
    await hub.http
      .put(path)
      .send({ serial: 8 })
      .expect(422, /READ_ONLY_FIELD.*serial/);
    await hub.http
      .put(path)
      .send({ gateway_id: sensor?.id })
      .expect(422, /READ_ONLY_FIELD.*gateway_id/);
    await hub.http
      .put(path)
      .send({ settings: { sample_rate_hz: 0 } })
      .expect(400);
    await hub.http
      .put('/api/sensors/00000000-0000-4000-8000-000000000000')
      .send({ name: 'x' })
      .expect(404, /SENSOR_NOT_FOUND/);
  });
});
