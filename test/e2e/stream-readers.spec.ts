import { EVERYWHERE } from '../../src/common/actor';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { ConnectionRegistry } from '../../src/status/connection.registry';
import { StateChanges } from '../../src/status/state-changes';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway } from '../support/builders';
import { start, startTestApp } from '../support/create-app';
import type { TestApp, Variables } from '../support/create-app';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';

const CHANGES_KEPT = 10_000;

let hub: TestApp;
const streams: EventStream[] = [];
const sockets: Socket[] = [];

async function startHub(variables: Variables = {}): Promise<void> {
  hub = await startTestApp(variables);
}

async function listen(query = ''): Promise<EventStream> {
  const stream = await EventStream.open(hub, query);
  streams.push(stream);
  return stream;
}

/** Sends requests on one connection and reads no answer. */
async function askWithoutReading(requests: string): Promise<Socket> {
  const socket = connect(Number(new URL(hub.url).port), '127.0.0.1').pause();
  sockets.push(socket.on('error', () => undefined));
  await once(socket, 'connect');
  socket.write(requests);
  return socket;
}

/** The status that a client with this address is answered with; a stream stays open. */
async function from(localAddress: string): Promise<number> {
  const socket = connect({ port: Number(new URL(hub.url).port), host: '127.0.0.1', localAddress }).setEncoding('utf8');
  sockets.push(socket);
  socket.write(request('GET'));
  const [text] = (await once(socket, 'data')) as [string];
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
}

const request = (method: 'GET' | 'HEAD', path = '/api/events') =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** The service's ends of the connections that are made from now on. */
function connectionsOf({ app }: TestApp): Socket[] {
  const accepted: Socket[] = [];
  app.getHttpServer().on('connection', (socket: Socket) => accepted.push(socket));
  return accepted;
}

/** Tells of state changes of one gateway, as many as a large fleet makes, in small bursts. */
async function aStorm(times: number, whenever: () => void = () => undefined): Promise<void> {
  const changes = hub.app.get(StateChanges);
  const { id } = await createGateway(hub.http, await createFactory(hub.http), null, { desired_state: 'disconnected' });
  const record = hub.app.get(ConnectionRegistry).find(EVERYWHERE, id);
  if (!record) throw new Error('it has no record');
  for (let attempt = 1; attempt <= times; attempt += 1) {
    changes.publish({ ...record, state: 'reconnecting', attempt }, 'connecting');
    if (attempt % 100 > 0) continue;
    await turn();
    whenever();
  }
}

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  await hub.close();
});

describe('the number of readers', () => {
  beforeEach(() => startHub({ MAX_STREAMS: '2' }));

  const refused = async () => {
    const answer = await hub.http.get('/api/events').expect(503).expect('content-type', /json/);
    expect(answer.headers).not.toHaveProperty('x-accel-buffering');
    expect(answer.body).toEqual({
      error: {
        code: 'TOO_MANY_STREAMS',
        message: 'The limit of 2 concurrent event streams is reached',
        statusCode: 503,
      },
    });
  };

  it('is limited, and a reader who leaves makes room for another', async () => {
    const [first] = [await listen(), await listen()];
    await refused();
    first.close();
    await eventually(() => listen());
    await refused();
  });

  it('does not include requests for only the headers', async () => {
    for (let time = 0; time < 5; time += 1) {
      await hub.http
        .head('/api/events')
        .expect(200)
        .expect('content-type', /event-stream/);
    }
    await listen();
  });

  it('SEC-18: includes only one stream per connection, however many requests are pipelined', async () => {
    const accepted = connectionsOf(hub);
    const socket = await askWithoutReading(request('GET').repeat(150));
    await eventually(() => expect(accepted[0]?.bytesWritten).toBeGreaterThan(0));
    await listen(); // There is room for another, and for no more.
    await refused();
    socket.destroy();
    await eventually(() => listen());
    await refused();
  });

  it('no longer includes a reader who hangs up during many changes', async () => {
    const [stays, leaves] = [await listen(), await listen()];
    await aStorm(5000, () => {
      if (leaves.events.length > 0) leaves.close();
    });
    expect(leaves.ending).toBe('broken');
    await eventually(() => expect(stays.statuses.at(-1)).toMatchObject({ attempt: 5000 }));
    await eventually(() => listen());
    await refused();
  });
});

describe('SEC-18: the streams of one client', () => {
  beforeEach(() => startHub({ MAX_STREAMS: '4', MAX_STREAMS_PER_ACTOR: '3' }));

  it('SEC-18: are limited, with a separate error, and leave room for other clients', async () => {
    const [first] = [await listen(), await listen(), await listen()];
    const answer = await hub.http.get('/api/events').expect(429).expect('retry-after', '10');
    expect(answer.body).toMatchObject({
      error: { code: 'TOO_MANY_STREAMS', message: expect.stringMatching(/3 streams/) as string },
    });

    const [elsewhere, another] = [await from('127.0.0.2'), await from('127.0.0.2')];
    expect([elsewhere, another]).toEqual([200, 503]); // The fourth place of the service is the last.

    first.close();
    await eventually(() => listen());
  });
});

describe('a reader that does not read', () => {
  beforeEach(() => startHub());

  it('is disconnected when it falls behind the kept changes, takes little memory until then, and delays no other reader', async () => {
    const accepted = connectionsOf(hub);
    const slow = await askWithoutReading(request('GET'));
    await eventually(() => expect(accepted[0]?.bytesWritten).toBeGreaterThan(0));
    const fast = await listen();
    const [atSlow] = accepted;

    let most = 0;
    await aStorm(4 * CHANGES_KEPT, () => (most = Math.max(most, atSlow?.writableLength ?? 0)));

    expect(atSlow?.destroyed).toBe(true);
    // A write is 16 KiB and one status at most, and there is none while the socket holds its high-water mark or more.
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan((atSlow?.writableHighWaterMark ?? 0) + 20_000);
    await eventually(() => expect(fast.statuses.length).toBe(4 * CHANGES_KEPT));
    expect(fast.statuses.every(({ attempt }, index) => attempt === index + 1)).toBe(true);

    slow.resume();
    await once(slow, 'close');
  });

  it('is sent no heartbeats once its connection accepts no more data', async () => {
    const accepted = connectionsOf(hub);
    jest.useFakeTimers({
      doNotFake: ['Date', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setTimeout'],
    });
    try {
      await askWithoutReading(request('GET'));
      await eventually(() => expect(accepted[0]?.bytesWritten).toBeGreaterThan(0));
      const [atSlow] = accepted;
      await eventually(async () => {
        await aStorm(1000);
        expect(atSlow?.writableNeedDrain).toBe(true);
      });
      const { bytesWritten } = atSlow ?? {};
      jest.advanceTimersByTime(100 * 15_000);
      expect(atSlow?.bytesWritten).toBe(bytesWritten);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('the end of the streams', () => {
  let device: SimulatedGateway;
  beforeEach(async () => {
    await startHub();
    device = await SimulatedGateway.listen();
    const { id } = await createGateway(hub.http, await createFactory(hub.http), device);
    await eventually(() => hub.http.get(`/api/gateways/${id}/status`).expect(200, /"state":"connected"/));
  });
  afterEach(() => device.close());

  it('is orderly when the service stops, and reports no gateway as disconnected', async () => {
    const readers = [await listen(), await listen('?state=disconnected')];
    await hub.stop();
    await eventually(() => expect(readers.map(({ ending }) => ending)).toEqual(['complete', 'complete']));
    expect(readers.flatMap(({ events }) => events)).toEqual([]);
  });

  it('comes first when the server closes, even for a reader who does not read and one who connects late', async () => {
    const accepted = connectionsOf(hub);
    await askWithoutReading(request('GET'));
    await eventually(() => expect(accepted[0]?.bytesWritten).toBeGreaterThan(0));
    const reader = await listen();
    const late = await askWithoutReading('');
    await aStorm(9000);
    expect(accepted[0]?.writableNeedDrain).toBe(true);

    const closed = hub.app.getHttpAdapter().getInstance().close(); // As main.ts does, before the rest.
    late.write(request('GET'));
    await closed;
    await eventually(() => expect(reader.ending).toBe('complete'));
    expect(reader.states).not.toContain('disconnected');
    expect(accepted.map(({ destroyed }) => destroyed)).toEqual(accepted.map(() => true));
    expect(device.openConnections).toBe(1);
  });

  it('is followed by a reset for a reader who reconnects after a restart', async () => {
    const { lastId } = await listen();
    await hub.restart();
    const stream = await EventStream.open(hub, '', lastId);
    streams.push(stream);
    await eventually(() => expect(stream.events[0]).toMatchObject({ event: 'reset', data: '{}' }));
  });

  it('ORCH-01: a service that does not hold the sessions has no stream, and answers 503', async () => {
    const second = await start(hub.database);
    try {
      const answer = await fetch(`${await second.getUrl()}/api/events`);
      expect([answer.status, await answer.json()]).toMatchObject([503, { error: { code: 'NOT_READY' } }]);
    } finally {
      await second.close();
    }
  });
});
