import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NatsBus } from '../../src/bus/nats/nats.bus';
import { EVERYWHERE, SYSTEM } from '../../src/common/actor';
import type { PublicGateway } from '../../src/events/domain-events';
import { ReadingsStreamService } from '../../src/readings/readings-stream.service';
import type { Announcement } from '../../src/readings/readings-stream.service';
import type { StoredReading } from '../../src/readings/storage/stored-reading';
import { SharedFleet } from '../../src/replicas/shared-fleet';
import type { WritableRecord } from '../../src/status/connection-record';
import { toConnectionStatusDto } from '../../src/status/connection-status.dto';
import { ConnectionRegistry } from '../../src/status/connection.registry';
import { Readiness } from '../../src/status/readiness';
import type { ConnectionState } from '../../src/status/connection-state';
import type { EventStream as Stream } from '../../src/stream/event-stream';
import type { StreamLimits } from '../../src/stream/stream-limits';
import { StreamsService } from '../../src/stream/streams.service';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';
import { hasNatsServer, NatsServer } from '../support/nats-server';
import { aFeed } from '../support/state-changes';
import { aPublicGateway } from '../unit-support/gateways';
import { silentLogger } from '../unit-support/silent-logger';

const TIMES = { beatMs: 50, figuresMs: 100, silentMs: 400 };

let server: NatsServer | null = null;
const replicas: Replica[] = [];

/** What a replica has of the fleet: its registry, fed by its own sessions and by other replicas. */
class Replica {
  readonly id = randomUUID();
  readonly feed = aFeed();
  readonly registry = new ConnectionRegistry(this.feed);
  readonly bus: NatsBus;
  readonly fleet: SharedFleet;
  readonly epochs = new Map<string, number>();
  readonly streams: StreamsService;
  readonly readings: ReadingsStreamService;
  /** Where its streams are read. */
  url = '';
  resets = 0;
  readonly deleted: string[] = [];
  private readonly http: Server;

  constructor(cluster: string) {
    const servers = [server?.url ?? ''];
    this.bus = new NatsBus({ servers, cluster, replicaId: this.id, streamReplicas: 1 }, silentLogger());
    const owned = { id: this.id, epochOf: (id: string) => this.epochs.get(id) ?? null, shardOf: () => 5 };
    const listener = { onUnannounced: () => (this.resets += 1), onDeleted: (id: string) => this.deleted.push(id) };
    this.fleet = new SharedFleet(this.bus, this.registry, this.feed, owned, listener, TIMES);
    const readiness = Object.assign(new Readiness(), { isReady: true });
    this.streams = new StreamsService(this.feed, this.registry, readiness, this.bus, noLimits, silentLogger());
    this.streams.onModuleInit();
    this.readings = new ReadingsStreamService(this.bus, noLimits, silentLogger());
    this.http = createServer(({ url, headers, socket }, response) => {
      const stream = (url === '/readings' ? this.readings : this.streams).stream as Stream<unknown>;
      const reading = { actor: SYSTEM, wants: () => true, endsAt: Infinity };
      stream.open(response, socket, reading, headers['last-event-id'] as string | undefined);
    });
  }

  static async join(cluster: string): Promise<Replica> {
    const replica = new Replica(cluster);
    replicas.push(replica);
    replica.fleet.start();
    await replica.bus.start();
    await once(replica.http.listen(0, '127.0.0.1'), 'listening');
    replica.url = `http://127.0.0.1:${(replica.http.address() as AddressInfo).port}`;
    return replica;
  }

  own(gateway: PublicGateway, epoch: number): WritableRecord {
    this.epochs.set(gateway.id, epoch);
    return this.registry.add(gateway);
  }

  move(record: WritableRecord, state: ConnectionState): void {
    const from = record.state;
    Object.assign(record, { state, since: performance.now() });
    this.registry.stateChanged(record, from);
  }

  status(gateway: PublicGateway) {
    const record = this.registry.find(EVERYWHERE, gateway.id);
    return record ? toConnectionStatusDto(record) : null;
  }

  async stop(): Promise<void> {
    this.fleet.stop();
    this.streams.endAll();
    this.readings.stream.endAll();
    this.http.close();
    this.http.closeAllConnections();
    await this.bus.stop();
  }
}

const noLimits = {
  beforeClose: () => undefined,
  take: () => undefined,
  release: () => undefined,
  noteCut: () => undefined,
} as unknown as StreamLimits;

function withNats(name: string, test: () => Promise<void>): void {
  it(name, async () => {
    if (server) await test();
  });
}

beforeAll(async () => {
  if (await hasNatsServer()) server = await NatsServer.start();
});

afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.stop()));
});

afterAll(async () => {
  await server?.destroy();
});

describe('the fleet on every replica', () => {
  let cluster: string;
  let gateway: PublicGateway;

  beforeEach(() => {
    cluster = randomUUID();
    gateway = aPublicGateway({ name: 'north' });
  });

  withNats('has each state change of another replica, and its figures a little later', async () => {
    const [a, b] = [await Replica.join(cluster), await Replica.join(cluster)];
    const record = a.own(gateway, 1);
    a.move(record, 'connecting');
    a.move(record, 'connected');
    await eventually(() => expect(b.status(gateway)).toMatchObject({ state: 'connected', observed_by: a.id }));
    expect(b.registry.countByState(EVERYWHERE)).toMatchObject({ connected: 1 });
    expect(b.registry.findConnected()).toEqual([]);

    Object.assign(record, { messagesReceived: 17, lastMessageAt: performance.now(), latencyMs: 1.5 });
    await eventually(() => expect(b.status(gateway)).toMatchObject({ messages_received: 17, latency_ms: 1.5 }));
    // Times are those of the owner, whose clock is the same here.
    expect(b.status(gateway)?.last_message_at).toBe(a.status(gateway)?.last_message_at);

    a.registry.describe(record, { ...gateway, name: 'renamed', revision: 2 });
    await eventually(() => expect(b.status(gateway)).toMatchObject({ name: 'renamed', messages_received: 17 }));
    a.registry.delete(gateway.id);
    a.fleet.end(gateway.id);
    await eventually(() => expect(b.status(gateway)).toBeNull());
    expect(b.deleted).toEqual([gateway.id]);
  });

  withNats('is there for a replica that joins late', async () => {
    const a = await Replica.join(cluster);
    a.move(a.own(gateway, 1), 'reconnecting');
    const b = await Replica.join(cluster);
    await eventually(() => expect(b.status(gateway)).toMatchObject({ state: 'reconnecting', observed_by: a.id }));
  });

  withNats('passes over what an earlier owner tells later', async () => {
    const [a, b, c] = [await Replica.join(cluster), await Replica.join(cluster), await Replica.join(cluster)];
    const [stale, current] = [a.own(gateway, 3), b.own(gateway, 4)];
    b.move(current, 'connected');
    await eventually(() => expect(c.status(gateway)).toMatchObject({ state: 'connected', observed_by: b.id }));
    const follow = jest.spyOn(c.registry, 'follow');
    a.move(stale, 'reconnecting');
    // What follows in the same stream has been heard after it.
    const later = aPublicGateway({ id: randomUUID() });
    a.move(a.own(later, 1), 'connected');
    await eventually(() => expect(c.status(later)).toMatchObject({ state: 'connected' }));
    const shown = follow.mock.calls.filter(([told]) => told.gateway.id === gateway.id);
    expect(shown.map(([{ observedBy }]) => observedBy)).not.toContain(a.id);
    expect(c.status(gateway)).toMatchObject({ state: 'connected', observed_by: b.id });

    // The server had kept the later message only, which was the wrong one.
    const late = await Replica.join(cluster);
    await eventually(() => expect(late.status(gateway)).toMatchObject({ state: 'connected', observed_by: b.id }));
  });

  withNats('says unknown of the connections of a replica that is silent, with what was known', async () => {
    const [a, b] = [await Replica.join(cluster), await Replica.join(cluster)];
    a.move(a.own(gateway, 1), 'connected');
    await eventually(() => expect(b.status(gateway)).toMatchObject({ state: 'connected', last_known: null }));
    const { since, as_of } = b.status(gateway) ?? {};
    await a.stop();

    await eventually(() => expect(b.status(gateway)?.state).toBe('unknown'));
    const status = b.status(gateway);
    expect(status).toMatchObject({ observed_by: null, last_known: { state: 'connected', since } });
    expect((status?.last_known?.as_of ?? '') >= (as_of ?? 'never')).toBe(true);
    expect((status?.since ?? '') > (status?.last_known?.as_of ?? '')).toBe(true);
    expect(b.registry.countByState(EVERYWHERE)).toMatchObject({ connected: 0, unknown: 1 });
    expect(b.resets).toBe(1);
  });

  withNats('is known again when the silent replica is heard, and told as it is by then', async () => {
    const [a, b] = [await Replica.join(cluster), await Replica.join(cluster)];
    const record = a.own(gateway, 1);
    const quiet = aPublicGateway({ id: randomUUID() });
    a.move(a.own(quiet, 1), 'connected');
    a.move(record, 'connected');
    await eventually(() => expect(b.status(gateway)?.state).toBe('connected'));
    await server?.kill();
    await eventually(() => expect(b.status(gateway)?.state).toBe('unknown'));
    expect(a.status(gateway)).toMatchObject({ state: 'connected', last_known: null });
    a.move(record, 'reconnecting');
    await server?.startAgain();
    await eventually(
      () => expect(b.status(gateway)).toMatchObject({ state: 'reconnecting', observed_by: a.id }),
      20_000,
    );
    expect(b.resets).toBe(2);

    // The server has lost everything, so the owner has filled it again for those who join now.
    const late = await Replica.join(cluster);
    await eventually(() => expect(late.status(gateway)).toMatchObject({ state: 'reconnecting', observed_by: a.id }));
    await eventually(() => expect(late.status(quiet)).toMatchObject({ state: 'connected', observed_by: a.id }));
  });

  withNats('shows a gateway that was given away as unknown until its new owner tells of it', async () => {
    const [a, b] = [await Replica.join(cluster), await Replica.join(cluster)];
    const record = a.own(gateway, 1);
    a.move(record, 'connected');
    await eventually(() => expect(b.status(gateway)?.state).toBe('connected'));
    const stale = await Replica.join(cluster); // It believes that it owned the gateway before.
    const other = aPublicGateway({ id: randomUUID() });
    const marker = stale.own(other, 1);
    stale.move(stale.own(gateway, 0), 'auth_failed');
    stale.move(marker, 'connected');
    await eventually(() => expect(a.status(other)?.state).toBe('connected'));
    a.epochs.delete(gateway.id);
    a.registry.delete(gateway.id);
    a.fleet.followed.letGo(record, 1);
    marker.messagesReceived = 9;
    await eventually(() => expect(a.status(other)?.messages_received).toBe(9)); // Told with the figures of the other one.
    expect(a.status(gateway)).toMatchObject({ state: 'unknown', last_known: { state: 'connected' } });
    b.move(b.own(gateway, 2), 'connected');
    await eventually(() => expect(a.status(gateway)).toMatchObject({ state: 'connected', observed_by: b.id }));
  });

  withNats('has every gateway of the database, and none that was deleted', async () => {
    const [a, b] = [await Replica.join(cluster), await Replica.join(cluster)];
    a.move(a.own(gateway, 1), 'connected');
    await eventually(() => expect(b.status(gateway)?.state).toBe('connected'));
    const other = aPublicGateway({ id: randomUUID() });
    b.fleet.followed.describe([gateway, other]);
    expect(b.status(gateway)?.state).toBe('connected');
    expect(b.status(other)).toMatchObject({ state: 'unknown', last_known: null, observed_by: null });
    a.fleet.followed.forget(gateway.id);
    expect(a.status(gateway)?.state).toBe('connected'); // Its own, which its supervisor ends.
    b.fleet.followed.describeOne({ ...other, name: 'renamed', revision: other.revision + 1 });
    expect(b.status(other)).toMatchObject({ state: 'unknown', name: 'renamed' });
    b.fleet.followed.forget(gateway.id);
    expect(b.status(gateway)).toBeNull();
  });
});

describe('the streams of every replica', () => {
  let cluster: string;

  beforeEach(() => (cluster = randomUUID()));

  /** Two replicas whose streams have become one: before that, each has its own for a moment. */
  async function aPair(path = '/'): Promise<[Replica, Replica]> {
    const pair = [await Replica.join(cluster), await Replica.join(cluster)] as const;
    await eventually(async () => {
      const streams = await Promise.all(
        pair.map((replica) => EventStream.open(replica, '', undefined, undefined, path)),
      );
      streams.forEach((stream) => stream.close());
      const [first, second] = streams.map(({ lastId }) => lastId);
      expect(first).toBe(second);
    });
    return [...pair];
  }

  withNats('have the same events under the same ids, and go on at any replica after any of them', async () => {
    const [a, b] = await aPair();
    const [atA, atB] = [await EventStream.open(a), await EventStream.open(b)];
    const gateway = aPublicGateway();
    const record = a.own(gateway, 1);
    for (const state of ['connecting', 'authenticating', 'connected', 'reconnecting', 'connecting'] as const) {
      a.move(record, state);
    }
    await atB.tells('connecting', 'authenticating', 'connected', 'reconnecting', 'connecting');
    await atA.tells('connecting', 'authenticating', 'connected', 'reconnecting', 'connecting');
    expect(atA.events.map(({ id }) => id)).toEqual(atB.events.map(({ id }) => id));
    expect(atB.events.map(({ event }) => event)).toEqual([
      'gateway.created',
      ...Array.from({ length: 5 }, () => 'state'),
    ]);
    const authenticating = atB.events.filter(({ event }) => event === 'state')[1]?.['id'];

    for (const replica of [a, b, await Replica.join(cluster)]) {
      const resumed = await eventually(async () => {
        const stream = await EventStream.open(replica, '', authenticating);
        expect(stream.blocks.find(({ event }) => event === 'start')).toMatchObject({ data: '{"resumed":true}' });
        return stream;
      });
      await resumed.tells('connected', 'reconnecting', 'connecting');
    }
  });

  withNats('say reset when the server has lost them, and go on without it and after it', async () => {
    const [a, b] = await aPair();
    const atB = await EventStream.open(b);
    const record = a.own(aPublicGateway(), 1);
    a.move(record, 'connecting');
    await atB.tells('connecting');
    const { lastId } = atB;
    await server?.kill();
    await eventually(() => expect(atB.events.at(-1)).toMatchObject({ event: 'reset' }));
    const own = b.own(aPublicGateway({ id: randomUUID() }), 1);
    b.move(own, 'authenticating');
    await atB.tells('connecting', 'authenticating');
    await server?.startAgain();
    // What was told meanwhile may follow.
    await eventually(() => expect(atB.events.filter(({ event }) => event === 'reset')).toHaveLength(2), 20_000);
    const again = await EventStream.open(b, '', lastId);
    expect(again.events[0]).toMatchObject({ event: 'reset' });
    await eventually(() => {
      a.move(record, record.state === 'connected' ? 'reconnecting' : 'connected');
      expect(atB.states.at(-1)).toBe('reconnecting');
    });
  });

  withNats('have the readings and announcements of every replica', async () => {
    const [a, b] = await aPair('/readings');
    const atB = await EventStream.open(b, '', undefined, undefined, '/readings');
    const owner = { organizationId: randomUUID(), factoryId: randomUUID(), sensorId: randomUUID() };
    const announced: Announcement = { event: 'acquisition', data: '{"id":"1"}', kind: 'vibration', gatewayId: randomUUID(), owner }; // prettier-ignore
    a.readings.onStored(aTemperature(owner));
    a.readings.announce(announced);
    await eventually(() => expect(atB.events.map(({ event }) => event)).toEqual(['reading', 'acquisition']));
    expect(JSON.parse(atB.events[0]?.['data'] ?? '')).toMatchObject({ sensor_id: owner.sensorId, value: 21.5 });
    expect(atB.events[1]).toMatchObject({ data: '{"id":"1"}' });
    const atA = await EventStream.open(a, '', atB.events[0]?.['id'], undefined, '/readings');
    await eventually(() => expect(atA.events.map(({ event }) => event)).toEqual(['acquisition']));
  });
});

function aTemperature(owner: Announcement['owner']): StoredReading {
  const at = new Date('2026-02-09T09:58:11.000Z');
  return {
    ...{ outcome: 'new', kind: 'temperature', gatewayId: randomUUID(), serial: 7, opensEra: false },
    owner: { ...owner, sensorNumber: 1 },
    row: {
      ...{ sensorNumber: 1, era: 1, recordId: '5', day: '2026-02-09', number: 3, feedPosition: 4, measuredAt: at },
      ...{ receivedAt: at, timeText: null, timeQuality: 'second', origin: 'live', extra: null, waveform: null },
      figures: { value: 21.5 },
    },
  };
}
