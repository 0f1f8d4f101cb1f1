import type { AcquisitionDto, AcquisitionPageDto } from '../../src/acquisitions/acquisition.dto';
import type { AuditPageDto } from '../../src/audit/audit.dto';
import type { ErrorDto } from '../../src/http/contract/error.dto';
import type { ReadingDto } from '../../src/readings/reading.dto';
import type { Answers } from '../../simulator/answers';
import { acquisitionOf, becomes, FAST_ACQUISITIONS, ordered, sensorsOf, takesReceived } from '../support/acquisitions';
import type { Kind } from '../support/acquisitions';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';
import { aDevice, closeDevices, Hub } from '../support/hub';

const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';
const COMMANDS = { vibration: 'TAKE_DYN_READING', temperature: 'TAKE_DYN_TEMP', battery: 'TAKE_DYN_BATT' } as const;

/** A gateway takes some seconds to report its sensors. All of them do so at the same time. */
const PLANTS = 42;

const TEXT = expect.any(String) as string;

const hub = new Hub();
const plants: Plant[] = [];

beforeAll(async () => {
  await hub.start(FAST_ACQUISITIONS);
  plants.push(...(await Promise.all(Array.from({ length: PLANTS }, connectPlant))));
});
afterAll(async () => {
  await hub.close();
  await closeDevices();
});

/**
 * Most tests wait for something most of the time, and none affects another. So all of them run at once, and each is judged in its turn.
 */
const scenarios: (() => Promise<void>)[] = [];
const runs: Promise<void>[] = [];

function together(title: string, scenario: () => Promise<void>): void {
  const index = scenarios.push(scenario) - 1;
  it(title, async () => {
    await runs[index];
  });
}

beforeAll(() => {
  for (const scenario of scenarios) {
    const run = scenario();
    run.catch(() => undefined); // Its test has the error.
    runs.push(run);
  }
});

type Plant = Awaited<ReturnType<typeof connectPlant>>;

async function connectPlant() {
  const device = await aDevice({ samples: 16, answers: { takeMs: 50 } });
  const gateway = await hub.connected(device);
  const [sensor, second, away] = await sensorsOf(hub, gateway);
  if (!sensor || !second || !away) throw new Error('There are fewer sensors than expected');
  return { device, gateway, sensor, second, away };
}

/** A connected gateway that no other test has, with three sensors. The last one is out of reach. */
function aPlant(answers: Partial<Answers> = {}): Plant {
  const plant = plants.pop();
  if (!plant) throw new Error('There are too few gateways for all tests');
  Object.assign(plant.device.answers, answers);
  return plant;
}

/** The status and the code of a request that is refused. */
async function refusalOf(request: PromiseLike<{ status: number; body: unknown }>): Promise<[number, string]> {
  const { status, body } = await request;
  return [status, (body as ErrorDto).error.code];
}

async function unplug({ device }: Plant): Promise<void> {
  await device.stopListening();
  device.drop();
}

/** How many readings of vibration the gateway has measured so far. */
function measured({ device }: Plant): number {
  return device.measurements.ledger({ kind: 'reading', limit: 1 }).generated;
}

async function readingOf(id: string | null): Promise<ReadingDto> {
  return (await hub.http.get(`/api/readings/${id}`).expect(200)).body as ReadingDto;
}

describe('an order to measure', () => {
  const isCarriedOut = async (kind: Kind) => {
    const { device, sensor, gateway } = aPlant();
    const response = await hub.http.post(`/api/sensors/${sensor.id}/acquisitions`).send({ kind }).expect(202);
    const { id } = response.body as AcquisitionDto;
    expect(response.headers['location']).toBe(`/api/acquisitions/${id}`);
    expect(response.body).toMatchObject({ sensor_id: sensor.id, gateway_id: gateway.id, kind, failure: null });

    const isVibration = kind === 'vibration';
    const attribution = isVibration ? 'confirmed' : 'assumed';
    const done = await becomes(hub, { id }, { state: 'completed', attribution });
    expect(Date.parse(done.ended_at ?? '')).toBeGreaterThanOrEqual(Date.parse(done.created_at));
    expect([done.sent_at, done.ended_at, done.started_at]).toEqual([...[TEXT, TEXT, isVibration ? TEXT : null]]);
    const origin = isVibration ? 'acquisition' : 'live';
    expect(await readingOf(done.reading_id)).toMatchObject({ sensor_id: sensor.id, kind, origin });
    expect(takesReceived(device)).toEqual([COMMANDS[kind]]);
  };
  for (const kind of ['vibration', 'temperature', 'battery'] as const) {
    together(`is carried out: ${kind}`, () => isCarriedOut(kind));
  }

  together('holds the answer until it is final', async () => {
    const { sensor } = aPlant();
    const response = await hub.http
      .post(`/api/sensors/${sensor.id}/acquisitions?wait_s=60`)
      .send({ kind: 'temperature' })
      .expect(200);
    expect(response.body).toMatchObject({ state: 'completed', reading_id: TEXT });
  });

  together('is answered as it stands when the time to wait is over', async () => {
    const { sensor } = aPlant({ takeMs: 60_000 });
    const response = await hub.http.post(`/api/sensors/${sensor.id}/acquisitions?wait_s=1`).send({ kind: 'vibration' });
    expect([response.status, (response.body as AcquisitionDto).state]).toEqual([202, 'started']);
  });

  together('that is repeated while it is open gets the open one, and is sent once', async () => {
    const { device, sensor } = aPlant({ takeMs: 400 });
    const orders = await Promise.all(
      Array.from({ length: 5 }, () =>
        hub.http.post(`/api/sensors/${sensor.id}/acquisitions`).send({ kind: 'vibration' }),
      ),
    );
    expect(orders.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 202]);
    const ids = new Set(orders.map(({ body }) => (body as AcquisitionDto).id));
    expect(ids.size).toBe(1);
    await becomes(hub, { id: [...ids].join() }, { state: 'completed' });
    expect(takesReceived(device)).toEqual(['TAKE_DYN_READING']);
  });

  together('of a sensor that nobody knows is a 404', async () => {
    expect(await refusalOf(hub.http.post(`/api/sensors/${UNKNOWN_ID}/acquisitions`).send({ kind: 'battery' }))).toEqual(
      [404, 'SENSOR_NOT_FOUND'],
    );
  });
});

describe('an acquisition that waits', () => {
  together('says that its gateway is not connected, and goes on when it is', async () => {
    const { device, gateway, sensor } = aPlant();
    await hub.order(gateway, 'disconnect');
    await hub.reaches(gateway, { state: 'disconnected' });
    const order = await ordered(hub, sensor, { kind: 'temperature', expires_in_s: 600 });
    expect(order).toMatchObject({ state: 'queued', blocked_by: 'gateway_not_connected', sent_at: null });
    await hub.order(gateway, 'connect');
    await becomes(hub, order, { state: 'completed', blocked_by: null });
    expect(takesReceived(device)).toEqual(['TAKE_DYN_TEMP']);
  });

  together('says that its sensor is not connected, and goes on when it is', async () => {
    const { device, away } = aPlant();
    const order = await ordered(hub, away, { kind: 'battery', expires_in_s: 600 });
    expect(order).toMatchObject({ state: 'queued', blocked_by: 'sensor_not_connected' });
    device.notify('conn'); // Of the last sensor, which is back.
    await becomes(hub, order, { state: 'completed' });
    expect(takesReceived(device)).toEqual(['TAKE_DYN_BATT']);
  });

  /** Long enough to see the second one wait, on a busy machine too. */
  const TAKE_MS = 1000;

  together('lets another one of its gateway end first', async () => {
    const { device, sensor, second } = aPlant({ takeMs: TAKE_MS });
    const first = await ordered(hub, sensor);
    const next = await ordered(hub, second);
    await eventually(async () => expect((await acquisitionOf(hub, first)).state).toBe('started'));
    expect(await acquisitionOf(hub, next)).toMatchObject({ state: 'queued', blocked_by: 'another_acquisition' });
    const [a, b] = [
      await becomes(hub, first, { state: 'completed' }),
      await becomes(hub, next, { state: 'completed' }),
    ];
    expect(Date.parse(b.sent_at ?? '')).toBeGreaterThanOrEqual(Date.parse(a.sent_at ?? '') + TAKE_MS);
    expect(takesReceived(device)).toHaveLength(2);
  });

  together('is sent as soon as the gateway has answered the command before it', async () => {
    const device = await aDevice({ samples: 16, answers: { takeMs: 20, replyDelayMs: 2500 } });
    const gateway = await hub.connected(device);
    const [sensor] = await sensorsOf(hub, gateway);
    if (!sensor) throw new Error('There is no sensor');
    const asked = () => device.received.filter((type) => /READINGS|TEMPS|BATTS/.test(type)).length;
    await eventually(() => expect(asked()).toBe(1));
    const order = await ordered(hub, sensor);
    expect(order).toMatchObject({ state: 'queued', blocked_by: 'gateway_busy' });
    await becomes(hub, order, { state: 'completed' });
    const at = device.received.indexOf('TAKE_DYN_READING');
    expect(device.received.slice(0, at).filter((type) => /READINGS|TEMPS|BATTS/.test(type))).toHaveLength(1);
  });

  together('expires, and is not sent afterwards', async () => {
    const { device, away } = aPlant();
    const order = await ordered(hub, away, { expires_in_s: 1, wait_s: 30 });
    expect(order).toMatchObject({ state: 'expired', failure: null, sent_at: null, ended_at: TEXT });
    device.notify('conn');
    const later = await ordered(hub, away, { kind: 'battery', wait_s: 30 });
    expect(later).toMatchObject({ state: 'completed' });
    expect(takesReceived(device)).toEqual(['TAKE_DYN_BATT']);
  });

  together('can be cancelled, and others that wait for it go on', async () => {
    const { device, away } = aPlant();
    const order = await ordered(hub, away, { expires_in_s: 600 });
    await hub.http.delete(`/api/acquisitions/${order.id}`).expect(204);
    expect(await acquisitionOf(hub, order)).toMatchObject({ state: 'cancelled', ended_at: TEXT });
    expect(await refusalOf(hub.http.delete(`/api/acquisitions/${order.id}`))).toEqual([409, 'ACQUISITION_ENDED']);
    device.notify('conn');
    expect((await ordered(hub, away, { kind: 'battery', wait_s: 30 })).state).toBe('completed');
    expect(takesReceived(device)).toEqual(['TAKE_DYN_BATT']);
  });

  together('cannot be cancelled once it is sent', async () => {
    const { sensor } = aPlant({ takeMs: 500 });
    const order = await ordered(hub, sensor);
    await becomes(hub, order, { state: 'started' });
    expect(await refusalOf(hub.http.delete(`/api/acquisitions/${order.id}`))).toEqual([409, 'ACQUISITION_UNDER_WAY']);
    await hub.http.delete(`/api/acquisitions/${UNKNOWN_ID}`).expect(404);
  });
});

describe('a gateway that misbehaves', () => {
  const FAILURES = [
    ['silent', 'vibration', 'start_timeout'],
    ['silent', 'temperature', 'reading_timeout'],
    ['refused', 'vibration', 'start_refused'],
    ['nameless-error', 'vibration', 'rejected_by_gateway'],
    ['busy', 'battery', 'rejected_by_gateway'],
    ['no-reading', 'vibration', 'reading_timeout'],
  ] as const;

  together('ends an acquisition with the reason, whatever it does', async () => {
    const results = await Promise.all(
      FAILURES.map(async ([takeMode, kind]) => {
        const { device, sensor } = aPlant({ takeMode });
        const order = await ordered(hub, sensor, { kind, wait_s: 30 });
        return [order.state, order.failure?.code, order.reading_id, takesReceived(device).length];
      }),
    );
    expect(results).toEqual(FAILURES.map(([, , code]) => ['failed', code, null, 1]));
  });

  together('sends a reading without announcing it: the acquisition is completed, as assumed', async () => {
    const { sensor } = aPlant({ takeMode: 'no-start' });
    const order = await ordered(hub, sensor, { wait_s: 30 });
    expect(order).toMatchObject({ state: 'completed', attribution: 'assumed', started_at: null });
    expect((await readingOf(order.reading_id)).origin).toBe('live');
  });

  together('refuses a command after it seemed to be accepted: the acquisition fails with its words', async () => {
    const { device, sensor } = aPlant({ takeMs: 60_000 });
    const order = await ordered(hub, sensor);
    await becomes(hub, order, { state: 'started' });
    const error = { Attempt: 'TAKE_DYN_READING', Error: 'The radio of ops@example.org is off' };
    device.send(JSON.stringify({ Type: 'RTN_ERR', From: 'SERV', Target: 'UI', Data: error }));
    const failure = { code: 'rejected_by_gateway', message: 'The radio of [address] is off' };
    await becomes(hub, order, { state: 'failed', failure });
  });

  together('sends the reading when it has failed: it is linked as a late one', async () => {
    const { sensor } = aPlant({ takeMs: 5000 });
    const order = await ordered(hub, sensor, { wait_s: 30 });
    expect(order).toMatchObject({ state: 'failed', failure: { code: 'reading_timeout' }, late_reading_id: null });
    const late = await becomes(hub, order, { late_reading_id: TEXT });
    expect(late.state).toBe('failed');
    expect(await readingOf(late.late_reading_id)).toMatchObject({ sensor_id: sensor.id, kind: 'vibration' });
  });
});

describe('a session that ends between the order and the reading', () => {
  together('is made up for by the history', async () => {
    const plant = aPlant({ takeMs: 2000 });
    const before = measured(plant);
    const order = await ordered(hub, plant.sensor);
    await becomes(hub, order, { state: 'started' });
    await unplug(plant);
    await becomes(hub, order, { state: 'recovering', failure: null });
    await eventually(() => expect(measured(plant)).toBe(before + 1));
    await plant.device.startListening();
    const done = await becomes(hub, order, { state: 'completed', source: 'history', attribution: 'confirmed' }, 30_000);
    expect(await readingOf(done.reading_id)).toMatchObject({ sensor_id: plant.sensor.id, origin: 'history' });
    expect(takesReceived(plant.device)).toHaveLength(1);
  });

  together(
    'fails the acquisition if the history does not have the reading, and the command is not repeated',
    async () => {
      const plant = aPlant({ takeMode: 'silent' });
      const order = await ordered(hub, plant.sensor);
      await becomes(hub, order, { state: 'sent' });
      plant.device.drop();
      await becomes(hub, order, { state: 'failed', failure: { code: 'session_lost', message: null } }, 30_000);
      expect(takesReceived(plant.device)).toHaveLength(1);
    },
  );

  together('does not matter if the reading comes when there is a session again', async () => {
    const plant = aPlant({ takeMs: 1500 });
    const order = await ordered(hub, plant.sensor, { kind: 'battery' });
    await becomes(hub, order, { state: 'sent' });
    plant.device.drop();
    await becomes(hub, order, { state: 'recovering' });
    await becomes(hub, order, { state: 'completed', source: 'live', attribution: 'assumed' }, 30_000);
    expect(takesReceived(plant.device)).toHaveLength(1);
  });
});

describe('the history of vibration', () => {
  together('is not asked for while a sensor measures', async () => {
    const plant = aPlant({ takeMs: 6000 });
    const asked = () => plant.device.received.filter((type) => type === 'GET_DYN_READINGS').length;
    Object.assign(plant.device.answers, { takeMode: 'no-start' });
    const order = await ordered(hub, plant.sensor, { kind: 'temperature', wait_s: 0 });
    const days = { kinds: ['vibration'], from: '2026-01-01', to: '2026-01-02' };
    const before = asked();
    await hub.http.post(`/api/gateways/${plant.gateway.id}/backfills`).send(days).expect(202);
    const overAt = await eventually(async () => {
      const hasAsked = asked() > before;
      const { state } = await acquisitionOf(hub, order);
      if (hasAsked) expect(['completed', 'failed']).toContain(state);
      expect(hasAsked).toBe(true);
      return state;
    }, 30_000);
    expect(overAt).toBe('failed'); // It took longer than it may.
  });
});

describe('acquisitions', () => {
  together('are listed, newest first, by sensor, gateway and state', async () => {
    const { gateway, sensor, second, away } = aPlant();
    const done: string[] = [];
    for (const kind of ['temperature', 'battery'] as const) {
      done.push((await ordered(hub, sensor, { kind, wait_s: 30 })).id);
    }
    done.push((await ordered(hub, second, { kind: 'battery', wait_s: 30 })).id);
    const waiting = await ordered(hub, away, { expires_in_s: 600 });
    const list = async (query: string) => {
      const response = await hub.http.get(`/api/acquisitions?${query}`).expect(200);
      return response.body as AcquisitionPageDto;
    };
    const ids = ({ data }: AcquisitionPageDto) => data.map(({ id }) => id);
    const newestFirst = [...done].reverse();
    expect(ids(await list(`gateway_id=${gateway.id}`))).toEqual([waiting.id, ...newestFirst]);
    expect(ids(await list(`sensor_id=${sensor.id}`))).toEqual([done[1], done[0]]);
    expect((await list(`gateway_id=${gateway.id}&state=queued`)).data).toMatchObject([
      { id: waiting.id, blocked_by: 'sensor_not_connected' },
    ]);
    expect(ids(await list(`gateway_id=${gateway.id}&state=completed`))).toEqual(newestFirst);
    const first = await list(`gateway_id=${gateway.id}&limit=3`);
    const cursor = first.pagination.next_cursor ?? '';
    expect(ids(await list(`gateway_id=${gateway.id}&limit=3&cursor=${cursor}`))).toEqual([done[0]]);
  });

  together('are in the audit log, both orders and cancellations', async () => {
    const { away } = aPlant();
    const order = await ordered(hub, away, { kind: 'battery', expires_in_s: 600 });
    await ordered(hub, away, { kind: 'battery' }); // Returns the open one: no act.
    await hub.http.delete(`/api/acquisitions/${order.id}`).expect(204);
    const { body } = (await hub.http.get(`/api/audit?object_id=${away.id}`).expect(200)) as { body: AuditPageDto };
    expect(body.data).toMatchObject([
      { action: 'acquisition.cancel', object_type: 'sensor', object_id: away.id },
      { action: 'acquisition.create', object_type: 'sensor', changes: { kind: [null, 'battery'] } },
    ]);
  });

  together('are in the stream of readings', async () => {
    const { sensor } = aPlant();
    const stream = await EventStream.open(hub, `?sensor_id=${sensor.id}`, undefined, undefined, '/api/readings/stream');
    const { id, reading_id } = await ordered(hub, sensor, { kind: 'battery', wait_s: 30 });
    const heard = await eventually(() => {
      const events = stream.events.map(({ event, data }) => [event, JSON.parse(data ?? '') as AcquisitionDto] as const);
      expect(events.at(-1)).toMatchObject(['acquisition', { id, state: 'completed', reading_id }]);
      return events.map(([event, { state }]) => (event === 'acquisition' ? state : event));
    });
    expect(heard).toContain('reading');
    expect(heard.filter((each) => each !== 'reading' && each !== 'queued' && each !== 'sent')).toEqual(['completed']);
    stream.close();
  });

  together('of a deleted gateway are not found', async () => {
    const { gateway, away } = aPlant();
    const order = await ordered(hub, away, { expires_in_s: 600 });
    await hub.delete(gateway);
    await hub.http.get(`/api/acquisitions/${order.id}`).expect(404);
    await hub.http.delete(`/api/acquisitions/${order.id}`).expect(404);
    expect((await hub.http.get(`/api/acquisitions?gateway_id=${gateway.id}`)).body).toMatchObject({ data: [] });
  });

  together('with an Idempotency-Key are created once, and the answer says how far they are', async () => {
    const { device, sensor } = aPlant();
    const send = () =>
      hub.http
        .post(`/api/sensors/${sensor.id}/acquisitions?wait_s=30`)
        .set('Idempotency-Key', `order-of-${sensor.id}`)
        .send({ kind: 'temperature' });
    const [first, again] = [await send(), await send()];
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    expect(takesReceived(device)).toHaveLength(1);
  });
});

describe('a restart of the service', () => {
  it('goes on with acquisitions in every state', async () => {
    const [queued, sent, started, lost, over] = [
      ...[aPlant(), aPlant({ takeMode: 'silent' }), aPlant({ takeMs: 2500 }), aPlant({ takeMs: 2000 }), aPlant()],
    ] as const;
    const atFirst = measured(lost);
    const orders = {
      queued: await ordered(hub, queued.away, { expires_in_s: 600 }),
      lost: await ordered(hub, lost.sensor),
      over: await ordered(hub, over.sensor, { kind: 'battery', wait_s: 30 }),
    };
    await becomes(hub, orders.lost, { state: 'started' });
    await unplug(lost);
    await becomes(hub, orders.lost, { state: 'recovering' });
    await eventually(() => expect(measured(lost)).toBe(atFirst + 1));
    const last = { sent: await ordered(hub, sent.sensor), started: await ordered(hub, started.sensor) };
    await Promise.all([becomes(hub, last.sent, { state: 'sent' }), becomes(hub, last.started, { state: 'started' })]);
    await hub.restart();
    await lost.device.startListening();

    queued.device.notify('conn');
    await becomes(hub, orders.queued, { state: 'completed' }, 30_000);
    await becomes(hub, orders.lost, { state: 'completed', source: 'history' }, 30_000);
    await becomes(hub, last.started, { state: 'completed', attribution: 'confirmed' }, 30_000);
    await becomes(hub, last.sent, { state: 'failed', failure: { code: 'service_stopped', message: null } }, 30_000);
    expect(await acquisitionOf(hub, orders.over)).toEqual(orders.over);
    for (const { device } of [queued, sent, started, lost, over]) expect(takesReceived(device)).toHaveLength(1);
  });

  it('with another interval refuses orders of the same sensor and kind for that time', async () => {
    await hub.restart({ ACQUISITION_MIN_INTERVAL_MS: '3600000' });
    const { device, gateway, sensor, second } = aPlant();
    await hub.reaches(gateway, { state: 'connected' });
    await ordered(hub, sensor, { kind: 'battery', wait_s: 30 });
    const refused = await hub.http.post(`/api/sensors/${sensor.id}/acquisitions`).send({ kind: 'battery' }).expect(429);
    expect(refused.body).toMatchObject({ error: { code: 'TOO_SOON' } });
    const retryAfter = Number(refused.headers['retry-after']);
    expect(retryAfter).toBeGreaterThan(3500);
    expect(retryAfter).toBeLessThanOrEqual(3600);
    await ordered(hub, sensor, { kind: 'temperature', wait_s: 30 });
    await ordered(hub, second, { kind: 'battery', wait_s: 30 });
    expect(takesReceived(device)).toHaveLength(3);
  });
});
