import { EVERYWHERE } from '../../src/common/actor';
import { setImmediate as turn } from 'node:timers/promises';
import { ConnectionRegistry } from '../../src/status/connection.registry';
import type { ConnectionStatusDto } from '../../src/status/connection-status.dto';
import { StateChanges } from '../../src/status/state-changes';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';

const CHANGES_KEPT = 10_000;
const ID = /^[0-9a-f]{16}-\d+$/;
const ALL_BUT_INTERVALS = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const;
const LOGIN_STATES = ['connecting', 'authenticating', 'connected'];

let hub: TestApp;
let factory: { id: string };
const devices: SimulatedGateway[] = [];
const streams: EventStream[] = [];

async function aDevice(): Promise<SimulatedGateway> {
  const device = await SimulatedGateway.listen();
  devices.push(device);
  return device;
}

async function listen(query = '', lastId?: string): Promise<EventStream> {
  const stream = await EventStream.open(hub, query, lastId);
  streams.push(stream);
  return stream;
}

async function remove({ id }: { id: string }): Promise<void> {
  await hub.http.delete(`/api/gateways/${id}`).expect(204);
}

const wish = ({ id }: { id: string }, order: 'connect' | 'disconnect') =>
  hub.http.post(`/api/gateways/${id}/${order}`).expect(202);

/** A gateway that is not dialled, and a function that publishes as many changes of it as a large fleet makes, numbered by `attempt`. */
async function aRestlessGateway() {
  const { id } = await createGateway(hub.http, factory, null, { desired_state: 'disconnected' });
  const record = hub.app.get(ConnectionRegistry).find(EVERYWHERE, id);
  if (!record) throw new Error('it has no record');
  const changes = hub.app.get(StateChanges);
  let attempt = 0;
  return {
    id,
    change: (times: number) => {
      for (let time = 0; time < times; time += 1) {
        attempt += 1;
        changes.publish({ ...record, state: 'reconnecting', attempt }, 'connecting');
      }
    },
  };
}

const countConnections = () =>
  new Promise<number>((resolve, reject) =>
    hub.app.getHttpServer().getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

const attempts = ({ statuses }: EventStream) => statuses.map(({ attempt }) => attempt);
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

beforeAll(async () => {
  hub = await startTestApp({ CLOSE_TIMEOUT_MS: '3000' });
  factory = await createFactory(hub.http);
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  const { data } = (await hub.http.get('/api/connections?limit=100')).body as { data: ConnectionStatusDto[] };
  await Promise.all(data.map(remove));
  await Promise.all(devices.splice(0).map((device) => device.close()));
});
afterAll(() => hub.close());

describe('the stream of state changes', () => {
  it('reports each state change in order, with the status at that moment', async () => {
    const stream = await listen();
    const device = await aDevice();
    const gateway = await createGateway(hub.http, factory, device);
    await stream.tells(...LOGIN_STATES);
    device.drop();
    const statuses = await stream.tells(...LOGIN_STATES, 'reconnecting', ...LOGIN_STATES);

    expect(new Set(statuses.map(({ id }) => id))).toEqual(new Set([gateway.id]));
    const [, , connected, lost, , , back] = statuses;
    expect(connected).toMatchObject({ reason: null, attempt: 0, next_retry_at: null, reconnects: 0 });
    expect(connected?.connected_at).toBe(connected?.since);
    expect(lost).toMatchObject({ reason: { code: 'connection_lost', step: 'live' }, attempt: 1, connected_at: null });
    expect(Date.parse(lost?.next_retry_at ?? '')).toBeGreaterThan(Date.parse(lost?.since ?? ''));
    expect(back).toMatchObject({ reason: null, reconnects: 1 });
    for (const { since, as_of } of statuses) expect(as_of >= since).toBe(true);

    const answer = await hub.http.get(`/api/gateways/${gateway.id}/status`).expect(200);
    expect(Object.keys(back ?? {})).toEqual(Object.keys(answer.body as object));
  });

  it('numbers its events, and says how long to wait before reconnecting', async () => {
    const { change } = await aRestlessGateway();
    const stream = await listen();
    change(3);
    await eventually(() => expect(attempts(stream)).toEqual([1, 2, 3]));
    const [greeting, first, ...events] = stream.blocks;
    expect(greeting).toEqual({ '': 'gateway hub', retry: '2000' });
    expect(first).toEqual({ event: 'start', id: expect.stringMatching(ID) as string, data: '{"resumed":false}' });
    const [boot, position] = first?.['id']?.split('-') ?? [];
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3].map((n) => `${boot}-${Number(position) + n}`));
  });

  it('has the headers that browsers and proxies need, and those of every answer', async () => {
    const { response } = await listen();
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String) as string,
    });
    expect(response.headers).not.toHaveProperty('content-encoding');
  });

  it('may be read by a page of an allowed origin', async () => {
    const { headers } = await hub.http.head('/api/events').set('origin', 'http://localhost:5173').expect(200);
    expect(headers).toMatchObject({ 'access-control-allow-origin': 'http://localhost:5173' });
  });

  it('reports a deleted gateway as disconnected, with disconnected as its desired state', async () => {
    const gateway = await createGateway(hub.http, factory, await aDevice());
    const stream = await listen(`?id=${gateway.id}`);
    await eventually(() => hub.http.get(`/api/gateways/${gateway.id}/status`).expect(200, /"state":"connected"/));
    await remove(gateway);
    const last = await eventually(() => {
      const status = stream.statuses.at(-1);
      expect(status?.state).toBe('disconnected');
      return status;
    });
    expect(last).toMatchObject({ id: gateway.id, desired_state: 'disconnected', connected_at: null, reason: null });
  });
});

describe('news of gateways', () => {
  const newsOf = ({ events }: EventStream) =>
    events.map(({ event, data }) => [event, (JSON.parse(data ?? '') as { id: string; state?: string }).id]);

  it('are told to those who ask, in one order with the state changes, and also after a resume', async () => {
    const device = await aDevice();
    const [all, plain] = [await listen('?include=gateways'), await listen()];
    const { id } = await createGateway(hub.http, factory, device, { name: 'North' });
    await plain.tells(...LOGIN_STATES);
    await hub.http.put(`/api/gateways/${id}`).send({ name: 'South' }).expect(200);
    await hub.http.put(`/api/gateways/${id}`).send({ name: 'South' }).expect(200); // Changes nothing.
    await remove({ id });
    await plain.tells(...LOGIN_STATES, 'disconnected');

    const state = ['state', id];
    const told = [
      ['gateway.created', id],
      state,
      state,
      state,
      ['gateway.updated', id],
      state,
      ['gateway.deleted', id],
    ];
    await eventually(() => expect(newsOf(all)).toEqual(told));
    const { organization_id } = (await hub.http.get(`/api/factories/${factory.id}`)).body as {
      organization_id: string;
    };
    const [, updated, deleted] = all.events
      .filter(({ event }) => event !== 'state')
      .map(({ data }) => JSON.parse(data ?? '') as object);
    expect(updated).toEqual({
      ...{ id, gateway_id: expect.any(String) as string, name: 'South', factory_id: factory.id, organization_id },
      ...{ desired_state: 'connected', revision: 2 },
    });
    expect(deleted).toEqual(updated);

    const resumed = await listen('?include=gateways', all.events[3]?.['id']);
    await eventually(() => expect(newsOf(resumed)).toEqual(told.slice(4)));
  });

  it('tell both factories when a gateway moves, and nobody else', async () => {
    const { organization_id } = (await hub.http.get(`/api/factories/${factory.id}`)).body as {
      organization_id: string;
    };
    const sibling = (await hub.http.post('/api/factories').send({ organization_id, name: 'Sibling' }).expect(201))
      .body as { id: string };
    const { id } = await createGateway(hub.http, factory, null, { desired_state: 'disconnected' });
    const elsewhere = await createFactory(hub.http);
    const streams = await Promise.all(
      [
        `factory_id=${factory.id}`,
        `factory_id=${sibling.id}`,
        `id=${id}`,
        `factory_id=${elsewhere.id}`,
        'id=' + elsewhere.id,
      ].map((query) => listen(`?include=gateways&${query}`)),
    );
    await hub.http.put(`/api/gateways/${id}`).send({ factory_id: sibling.id }).expect(200);
    const after = await createGateway(hub.http, elsewhere, null, { desired_state: 'disconnected' });
    const moved = [['gateway.updated', id]];
    await eventually(() =>
      expect(streams.map(newsOf)).toEqual([moved, moved, moved, [['gateway.created', after.id]], []]),
    );
  });
});

describe('the filters of the stream', () => {
  it('select one gateway, one factory, one new state, or a combination of these', async () => {
    const elsewhere = await createFactory(hub.http);
    const one = await createGateway(hub.http, factory, await aDevice(), { desired_state: 'disconnected' });
    const other = await createGateway(hub.http, elsewhere, await aDevice(), { desired_state: 'disconnected' });
    const all = await listen();
    const filtered = await Promise.all(
      [
        `?id=${one.id}`,
        `?factory_id=${elsewhere.id.toUpperCase()}`,
        '?state=connected',
        `?state=disconnected&factory_id=${factory.id}&id=${one.id}`,
        `?id=${one.id}&factory_id=${elsewhere.id}`,
      ].map((query) => listen(query)),
    );

    await wish(one, 'connect');
    await all.tells(...LOGIN_STATES);
    await wish(other, 'connect');
    await all.tells(...LOGIN_STATES, ...LOGIN_STATES);
    await wish(one, 'disconnect');
    await all.tells(...LOGIN_STATES, ...LOGIN_STATES, 'disconnected');

    const told = (stream: EventStream | undefined) => stream?.statuses.map(({ id, state }) => [id, state]);
    const login = (id: string) => LOGIN_STATES.map((state) => [id, state]);
    await eventually(() =>
      expect(filtered.map(told)).toEqual([
        [...login(one.id), [one.id, 'disconnected']],
        login(other.id),
        [
          [one.id, 'connected'],
          [other.id, 'connected'],
        ],
        [[one.id, 'disconnected']],
        [],
      ]),
    );
  });

  it('follow a gateway to another factory', async () => {
    const { organization_id } = (await hub.http.get(`/api/factories/${factory.id}`)).body as {
      organization_id: string;
    };
    const sibling = (await hub.http.post('/api/factories').send({ organization_id, name: 'Sibling' }).expect(201))
      .body as { id: string };
    const { id } = await createGateway(hub.http, factory, await aDevice(), { desired_state: 'disconnected' });
    const [before, after] = await Promise.all([
      listen(`?factory_id=${factory.id}`),
      listen(`?factory_id=${sibling.id}`),
    ]);

    await hub.http.put(`/api/gateways/${id}`).send({ factory_id: sibling.id }).expect(200);
    await wish({ id }, 'connect');
    const told = await after.tells(...LOGIN_STATES);

    expect(new Set(told.map(({ factory_id }) => factory_id))).toEqual(new Set([sibling.id]));
    expect(before.states).toEqual([]);
  });

  it.each([
    '?stat=connected',
    '?limit=5',
    '?id=17',
    '?factory_id=',
    '?state=broken',
    '?state=connected&state=connecting',
  ])('API-05: with the invalid query %s are rejected, and the parameter is named', async (query) => {
    const answer = await hub.http.get(`/api/events${query}`).expect(400).expect('content-type', /json/);
    const field = /\w+/.exec(query)?.[0];
    expect(answer.body).toMatchObject({ error: { code: 'VALIDATION_ERROR', details: [{ path: field }] } });
  });
});

describe('a reader that reconnects', () => {
  it('is sent everything that it missed and nothing twice, however often it disconnects', async () => {
    const { change } = await aRestlessGateway();
    const told: number[] = [];
    let lastId = (await listen()).lastId;
    for (let round = 0; round < 10; round += 1) {
      change(50);
      const stream = await listen('', lastId);
      change(50);
      // It may leave before it has read all: what it has had is what its last id says.
      await eventually(() => expect(stream.events.length).toBeGreaterThan(0));
      stream.close();
      told.push(...attempts(stream));
      lastId = stream.lastId;
      await turn();
    }
    const last = await listen('', lastId);
    await eventually(() => expect([...told, ...attempts(last)]).toHaveLength(1000));
    expect([...told, ...attempts(last)]).toEqual(upTo(1000));
    expect(last.events.map(({ event }) => event)).not.toContain('reset');
  });

  it('can be sent all changes that are kept', async () => {
    const { change } = await aRestlessGateway();
    const { lastId } = await listen();
    change(CHANGES_KEPT);
    const stream = await listen('', lastId);
    await eventually(() => expect(stream.statuses).toHaveLength(CHANGES_KEPT), 20_000);
    expect(attempts(stream)).toEqual(upTo(CHANGES_KEPT));
  });

  it.each([
    ['is not kept any more', (lastId: string, change: (times: number) => void) => (change(CHANGES_KEPT + 1), lastId)],
    ['comes from another run of the service', (lastId: string) => lastId.replace(/^\w{16}/, '0123456789abcdef')],
    ['is yet to come', (lastId: string) => lastId.replace(/\d+$/, (number) => `${Number(number) + 1}`)],
    ['is none of ours', () => 'yesterday'],
    ['is empty', () => ''],
  ])('is told to start over when its last id %s, and gets the events that follow', async (_why, spoil) => {
    const { change } = await aRestlessGateway();
    change(1);
    const stream = await listen('', spoil((await listen()).lastId, change));
    const [reset] = await eventually(() => {
      expect(stream.events).toHaveLength(1);
      return stream.events;
    });
    expect(reset).toEqual({ event: 'reset', id: expect.stringMatching(ID) as string, data: '{}' });
    expect(stream.blocks[1]).toEqual(reset); // It begins with it.
    change(2);
    await eventually(() => expect(stream.events.map(({ event }) => event)).toEqual(['reset', 'state', 'state']));

    const resumed = await listen('', reset?.['id']);
    await eventually(() => expect(attempts(resumed)).toEqual(attempts(stream)));
  });

  it('may send its last id in the query; the header wins when both are sent', async () => {
    const { change } = await aRestlessGateway();
    const { lastId } = await listen();
    change(2);
    const later = (await listen()).lastId;
    change(1);
    const [polyfill, both] = [await listen(`?lastEventId=${lastId}`), await listen(`?lastEventId=${lastId}`, later)];
    await eventually(() => expect([attempts(polyfill), attempts(both)]).toEqual([[1, 2, 3], [3]]));
    expect(polyfill.blocks[1]).toEqual({ event: 'start', id: lastId, data: '{"resumed":true}' });

    const unknown = await listen('?lastEventId=yesterday');
    expect(unknown.blocks[1]).toMatchObject({ event: 'reset', data: '{}' });
    // event-source-polyfill leaves an empty parameter where it takes out the id of an earlier try.
    expect((await listen(`?&lastEventId=${later}`)).blocks[1]).toMatchObject({ event: 'start', id: later });
    expect((await listen(`?lastEventId=${later}`, '')).blocks[1]).toMatchObject({ event: 'start', id: later });
    await hub.http.get('/api/events?lastEventId=a&lastEventId=b').expect(400);
  });

  it.each(['browser', 'polyfill'] as const)(
    'misses and repeats nothing as a %s that is cut off after any event',
    async (kind) => {
      const { id, change } = await aRestlessGateway();
      const told: number[] = [];
      // A browser takes each id; event-source-polyfill and others take those of events alone. It wants one gateway of two.
      const idOf = ({ blocks }: EventStream) =>
        blocks.findLast(({ id: each, data }) => each !== undefined && (kind === 'browser' || data !== undefined))?.[
          'id'
        ];
      let lastId: string | undefined;
      const other = await aRestlessGateway();
      for (let round = 0; round < 6; round += 1) {
        const stream: EventStream = await listen(`?id=${id}`, lastId);
        if (round > 0) expect(stream.blocks[1]).toMatchObject({ event: 'start', id: lastId, data: '{"resumed":true}' });
        if (round % 2 === 1) await eventually(() => expect(stream.statuses.length).toBeGreaterThan(0));
        stream.close();
        told.push(...attempts(stream));
        lastId = idOf(stream);
        other.change(5);
        change(3);
      }
      const last = await listen(`?id=${id}`, lastId);
      await eventually(() => expect([...told, ...attempts(last)]).toEqual(upTo(18)));
    },
  );

  it('gets only new events when it sends no last id', async () => {
    const { change } = await aRestlessGateway();
    change(5);
    const stream = await listen();
    change(1);
    await eventually(() => expect(attempts(stream)).toEqual([6]));
  });
});

describe('the heartbeat of the stream', () => {
  afterEach(() => jest.useRealTimers());

  it('is sent every 15 s, and updates the last id of a reader without events', async () => {
    const elsewhere = await createFactory(hub.http);
    const { change } = await aRestlessGateway();
    await eventually(async () => expect(await countConnections()).toBe(0)); // No reader, so no timer yet.
    jest.useFakeTimers({ doNotFake: [...ALL_BUT_INTERVALS] });
    const stream = await listen(`?factory_id=${elsewhere.id}`);
    const all = await listen();
    change(7);
    await eventually(() => expect(all.events).toHaveLength(7));
    expect(stream.blocks).toHaveLength(2);

    jest.advanceTimersByTime(14_999);
    change(1);
    await eventually(() => expect(all.events).toHaveLength(8));
    expect(stream.blocks).toHaveLength(2);
    jest.advanceTimersByTime(1);
    await eventually(() => expect(stream.blocks.slice(2)).toEqual([{ '': 'heartbeat', id: all.lastId }]));
    expect(stream.events).toEqual([]);

    jest.advanceTimersByTime(30_000);
    await eventually(() => expect(stream.blocks).toHaveLength(5));
    expect(jest.getTimerCount()).toBe(1); // One for all readers.
    stream.close();
    all.close();
    await eventually(() => expect(jest.getTimerCount()).toBe(0));
  });
});
