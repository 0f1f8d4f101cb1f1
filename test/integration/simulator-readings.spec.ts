import { FleetControl } from '../../simulator/fleet/fleet-control';
import { samplesOf, signalSchema } from '../../simulator/signals/signal';
import { readWatermark } from '../../simulator/signals/watermark';
import { SimulatedFleet } from '../../simulator/simulated-fleet';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { SimulatedGatewayOptions } from '../../simulator/simulated-gateway';
import { earlierTimer } from '../support/earlier-timer';
import { Client, eventually } from './support/simulator-client';
import type { Frame } from './support/simulator-client';

const first = 30_000_011;
const cleanUp: (() => Promise<void>)[] = [];

async function listen(options?: SimulatedGatewayOptions): Promise<SimulatedGateway> {
  const gateway = await SimulatedGateway.listen({ samples: 16, ...options });
  cleanUp.push(() => gateway.close());
  return gateway;
}

afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

interface WireRecord {
  readonly ID: number;
  readonly Serial: number;
  readonly X: number[];
}

/** The records of notifications and answers, in either form. */
function recordsIn(frames: readonly Frame[]): WireRecord[] {
  return frames
    .filter(({ Type }) => ['NOT_DYN_READING', 'RTN_DYN_READINGS'].includes(Type))
    .flatMap(({ Data }) => Object.values(Data) as WireRecord[]);
}

describe('scheduled measurements', () => {
  it('are notified while a client is subscribed, and in the history otherwise: none is lost, none is doubled', async () => {
    const gateway = await listen({ schedule: { reading: 40 }, signals: { kind: 'watermark' } });
    const { measurements } = gateway;
    const client = await Client.subscribed(gateway);
    await eventually(() => recordsIn(client.frames).length > 3);
    client.terminate();
    await eventually(() => gateway.openConnections === 0);
    const missed = measurements.ledger({ limit: 1 }).generated + 3;
    await eventually(() => measurements.ledger({ limit: 1 }).generated > missed);

    const returned = await Client.subscribed(gateway);
    await eventually(() => recordsIn(returned.frames).length > 3);
    returned.ask('GET_DYN_READINGS', { Max: 100 });
    const { Data: history } = await returned.heard('RTN_DYN_READINGS');

    const notified = recordsIn([...client.frames, ...returned.frames].filter(({ Type }) => Type === 'NOT_DYN_READING'));
    const past = Object.values(history) as WireRecord[];
    for (const { ID, Serial, X } of [...notified, ...past]) {
      expect(readWatermark(X)).toEqual({ serial: Serial, number: ID, axis: 'X' });
    }
    expect(new Set(notified.map(({ ID }) => ID)).size).toBe(notified.length);
    expect(past.map(({ ID }) => ID)).toEqual(past.map((_, age) => (past[0]?.ID ?? 0) - age));
    expect(past.map(({ ID }) => ID)).toContain(missed);
    const { records } = measurements.ledger({ limit: 100 });
    expect(records.find(({ number }) => number === missed)).toMatchObject({ notified: false, returned: true });
    expect(records.filter((record) => record.notified).map(({ id }) => id)).toEqual(
      expect.arrayContaining(notified.map(({ ID }) => ID)),
    );
  });

  it('keep no timer without a subscriber', async () => {
    const gateway = await listen({ schedule: { temp: 20 } });
    const client = await Client.subscribed(gateway);
    await client.heard('NOT_DYN_TEMP');
    client.ask('POST_UNSUB_CHANGES');
    await eventually(() => gateway.subscribedConnections === 0);
    const { notificationsSent } = gateway;
    const { generated } = gateway.measurements.ledger({ kind: 'temp', limit: 1 });
    await eventually(() => gateway.measurements.ledger({ kind: 'temp', limit: 1 }).generated > generated + 5);

    expect(gateway.notificationsSent).toBe(notificationsSent);
  });
});

describe('TAKE_DYN_READING', () => {
  it.each([
    ['usual', ['NOT_DYN_READING_STARTED', 'NOT_DYN_READING', 'NOT_DYN_TEMP']],
    ['silent', []],
    ['refused', ['NOT_DYN_READING_STARTED']],
    ['nameless-error', ['RTN_ERR']],
    ['busy', ['RTN_ERR']],
    ['no-reading', ['NOT_DYN_READING_STARTED']],
    ['no-start', ['NOT_DYN_READING', 'NOT_DYN_TEMP']],
  ] as const)('can end like this: %s', async (takeMode, types) => {
    const gateway = await listen({ answers: { takeMode, takeMs: 0 } });
    const client = await Client.subscribed(gateway);

    client.ask('TAKE_DYN_READING', { Serial: first });
    await client.settled();

    expect(client.types.slice(1, -1)).toEqual(types);
    const [, answer] = client.frames;
    if (takeMode === 'refused') expect(answer?.Data).toEqual({ Serial: first, Success: false });
    if (takeMode === 'nameless-error') expect(answer?.Data).toMatchObject({ Attempt: null });
    if (takeMode === 'busy') expect(answer?.Data).toMatchObject({ Attempt: 'TAKE_DYN_READING' });
  });

  it('takes a second by default', async () => {
    const gateway = await listen();
    const client = await Client.subscribed(gateway);
    const early = earlierTimer(950);
    client.ask('TAKE_DYN_READING', { Serial: first });

    await early.due;
    expect(client.types.slice(1)).toEqual(['NOT_DYN_READING_STARTED']);
    await client.heard('NOT_DYN_READING');
  });
});

describe('replies', () => {
  it('can be late, while everything else is answered', async () => {
    const gateway = await listen({ answers: { replyDelayMs: 60 } });
    const client = await Client.loggedIn(gateway);

    client.ask('GET_DYN_READINGS', { Max: 1 });
    client.ask('GET_DYN');
    client.ping();
    await client.heard('RTN_DYN_READINGS');

    expect(client.types).toEqual(['RTN_LOGIN', 'RTN_DYN', 'RTN_DYN_READINGS']);
    expect(client.pongs).toBe(1);
  });

  it('can block the gateway, which then loses nothing', async () => {
    const gateway = await listen({ answers: { replyDelayMs: 100, replyBlocks: true } });
    const client = await Client.subscribed(gateway);
    const early = earlierTimer(95);

    client.ask('GET_DYN_READINGS', { Max: 1 });
    await eventually(() => gateway.received.includes('GET_DYN_READINGS'));
    client.ping();
    client.ask('GET_DYN');
    gateway.notify('temp');
    const other = new Client(gateway.url);

    await early.due;
    expect({ types: client.types, pongs: client.pongs, open: other.isOpen }).toEqual({
      types: ['RTN_LOGIN'],
      pongs: 0,
      open: false,
    });
    await eventually(() => client.texts.length === 4 && client.pongs === 1 && other.isOpen);
    expect(new Set(client.types)).toEqual(new Set(['RTN_LOGIN', 'NOT_DYN_TEMP', 'RTN_DYN_READINGS', 'RTN_DYN']));
  });

  it('can trickle in, with everything else behind them', async () => {
    const gateway = await listen({ answers: { replyBytesPerSecond: 20_000, replyMinBytes: 4000 } });
    const client = await Client.loggedIn(gateway);

    client.ask('GET_DYN_READINGS', { Max: 1 });
    client.ask('GET_DYN_TEMPS', { Max: 1 });
    client.ask('GET_DYN');
    await eventually(() => gateway.received.includes('GET_DYN'));
    client.ping();
    await client.heard('RTN_DYN');

    expect(client.types).toEqual(['RTN_LOGIN', 'RTN_DYN_READINGS', 'RTN_DYN_TEMPS', 'RTN_DYN']);
    await eventually(() => client.pongs === 1);
    expect(gateway.measurements.ledger({ limit: 1 }).returned.toJSON()).toEqual([[60, 60]]);
  });

  it('can be huge', async () => {
    const gateway = await listen({ answers: { replyMinBytes: 3_000_000 } });
    const client = await Client.loggedIn(gateway);
    client.ask('GET_DYN_TEMPS', { Max: 2 });

    expect(Object.keys((await client.heard('RTN_DYN_TEMPS')).Data)).toHaveLength(2);
    expect(client.texts.at(-1)).toHaveLength(3_000_000);
  });
});

describe('a blocked gateway', () => {
  it('goes on while it drips a message, and after it was frozen', async () => {
    const gateway = await listen();
    const client = await Client.loggedIn(gateway);
    void gateway.drip('{"Type":"RTN_X","Data":{}}', 400);
    gateway.block(30);
    gateway.block(60);
    gateway.freeze();
    gateway.thaw();

    client.ask('GET_DYN');
    await client.heard('RTN_DYN');
    expect(client.types).toEqual(['RTN_LOGIN', 'RTN_X', 'RTN_DYN']);
  });
});

describe('a fleet', () => {
  async function aFleet(count: number, options: SimulatedGatewayOptions = {}) {
    const fleet = await SimulatedFleet.listen({ count, samples: 16, ...options });
    const control = await FleetControl.listen(fleet);
    cleanUp.push(
      () => fleet.close(),
      () => control.close(),
    );
    const order = async (number: number | 'all', action: string, body: object = {}): Promise<number> => {
      const url = `${control.url}/gateways/${number}/${action}`;
      return (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status;
    };
    const show = async (path: string): Promise<unknown> => (await fetch(`${control.url}/gateways/${path}`)).json();
    return { fleet, order, show, control };
  }

  async function inventoryOf(gateway: SimulatedGateway | undefined): Promise<object> {
    if (!gateway) throw new Error('no such gateway');
    const client = await Client.loggedIn(gateway);
    client.ask('GET_DYN');
    const { Data } = await client.heard('RTN_DYN');
    client.terminate();
    return Data;
  }

  it('moves a sensor from one gateway to another, which both announce', async () => {
    const { fleet, order } = await aFleet(2, { sensors: 2 });
    const [one, two] = fleet.gateways;
    if (!one || !two) throw new Error('a fleet of two has two gateways');
    const [old, next] = [await Client.subscribed(one), await Client.subscribed(two)];

    expect(await order(1, 'move-sensor', { serial: first, to: 2 })).toBe(200);

    expect((await old.heard('NOT_DYN_CONN')).Data).toMatchObject({ Serial: first, Connected: 0 });
    expect((await next.heard('NOT_DYN_CONN')).Data).toMatchObject({ Serial: first, AccessPoint: 20_000_002 });
    expect(await inventoryOf(one)).toMatchObject([{ Serial: first, Connected: 0 }, {}]);
    expect(await inventoryOf(two)).toMatchObject([{}, {}, { Serial: first, Connected: 1 }]);
    expect(await order(1, 'move-sensor', { serial: 5, to: 2 })).toBe(400);
    expect(await order(1, 'move-sensor', { serial: first, to: 3 })).toBe(400);
  });

  it('changes its sensors on demand', async () => {
    const { fleet, order } = await aFleet(1);
    const [gateway] = fleet.gateways;

    expect(await order(1, 'add-sensor', { serial: 7, samples: 32, rate_hz: 5120 })).toBe(200);
    expect(await order(1, 'change-sensor', { serial: first, samples: 64 })).toBe(200);
    expect(await order(1, 'remove-sensor', { serial: first + 1 })).toBe(200);
    expect(await order(1, 'connect-sensor', { serial: first + 2 })).toBe(200);

    expect(await inventoryOf(gateway)).toMatchObject([
      { Serial: first, Samples: 64 },
      { Serial: first + 2, Connected: 1 },
      { Serial: 7, Samples: 32, Fs: 5120 },
    ]);
    expect(await order(1, 'remove-sensor', { serial: first + 1 })).toBe(400);
  });

  it('shows its ledger, and the exact samples of a record', async () => {
    const { fleet, show, control } = await aFleet(2, { signals: { kind: 'two-tone' } });
    const client = await Client.subscribed(fleet.gateways[1] ?? (await listen()));
    fleet.gateways[1]?.notify('reading');
    const [record] = recordsIn([await client.heard('NOT_DYN_READING')]);

    expect(await show('2/records?limit=2')).toMatchObject({
      gateway: 2,
      generated: 61,
      notified: [[61, 61]],
      records: [
        { number: 61, notified: true, returned: false },
        { number: 60, notified: false },
      ],
      next_before: 60,
    });
    expect(await show('1/records?kind=temp&limit=1')).toMatchObject({ kind: 'temp', generated: 60, notified: [] });
    expect(await show('2/samples/61')).toMatchObject({ X: record?.X });
    const { Serial: serial = 0, ID: number = 0 } = record ?? {};
    const sampling = { serial, number, axis: 'X', samples: 16, rateHz: 2560 } as const;
    expect(samplesOf(signalSchema.parse({ kind: 'two-tone' }), sampling)).toEqual(record?.X);

    expect((await fetch(`${control.url}/gateways/2/records?limit=0`)).status).toBe(400);
    expect((await fetch(`${control.url}/gateways/3/records`)).status).toBe(404);
    expect((await fetch(`${control.url}/gateways/2/samples/62`)).status).toBe(404);
  });

  it('takes every other behaviour over HTTP', async () => {
    const { fleet, order } = await aFleet(1);
    const [gateway] = fleet.gateways;
    const client = await Client.loggedIn(gateway ?? (await listen()));
    const orders: [action: string, body: object][] = [
      ['schedule', { reading_ms: 60_000, temp_ms: null }],
      ['depth', { count: 7 }],
      ['delete-records', { kind: 'temp', from: 3, to: 4 }],
      ['ids', { mode: 'sensor' }],
      ['reset-ids', { clear: true }],
      ['clock', { zone: 'Asia/Tokyo', offset_ms: 1000, format: 'second' }],
      ['history', { end: 'exclusive', max_cap: 3, ignore_serials: true }],
      ['replies', { types: ['GET_DYN'], delay_ms: 5, blocks: true, bytes_per_second: 90_000, min_bytes: 10 }],
      ['take', { mode: 'busy', ms: 7 }],
      ['signals', { signals: { kind: 'square', hz: 10 } }],
      ['notify', { kind: 'ap' }],
    ];
    for (const [action, body] of orders) expect([action, await order(1, action, body)]).toEqual([action, 200]);
    expect(await order('all', 'block', { ms: 1 })).toBe(200);

    expect(gateway?.answers).toEqual({
      endExclusive: true,
      maxCap: 3,
      ignoreSerials: true,
      replyTypes: ['GET_DYN'],
      replyDelayMs: 5,
      replyBlocks: true,
      replyWrong: null,
      replyBytesPerSecond: 90_000,
      replyMinBytes: 10,
      takeMode: 'busy',
      takeMs: 7,
    });
    client.ask('GET_DYN_TEMPS', {});
    expect((await client.heard('RTN_DYN_TEMPS')).Data).toEqual([]);
    gateway?.notify('reading');
    const { records, deleted } = gateway?.measurements.ledger({ limit: 1 }) ?? { records: [] };
    expect(records).toMatchObject([{ id: 1, time: expect.stringMatching(/:\d\d:\d\d$/) as string }]);
    expect(deleted?.toJSON()).toEqual([[1, 60]]);

    expect(await order(1, 'clock', { zone: 'Europe/Atlantis' })).toBe(400);
    expect(await order(1, 'take', { mode: 'loud' })).toBe(400);
    expect(await order(1, 'signals', { signals: { kind: 'cosine' } })).toBe(400);
  });
});
