import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { Client, eventually } from './support/simulator-client';

const PING_MS = 250;

let gateway: SimulatedGateway;

/** What a failure shows. */
const stateOf = (client: Client) => () => ({
  ...{ pings: client.pings, pongs: client.pongs, closed: client.closed, failure: String(client.failure) },
  ...{ open: gateway.openConnections, closes: gateway.closes },
});

beforeEach(async () => {
  gateway = await SimulatedGateway.listen({ samples: 16 });
});

afterEach(() => gateway.close());

describe('a gateway that ignores pings', () => {
  it('still answers GET_DYN_CONNECTED', async () => {
    const client = await Client.loggedIn(gateway);
    gateway.ignorePings(true);

    client.ping();
    client.ask('GET_DYN_CONNECTED');

    await client.heard('RTN_DYN');
    await client.settled();
    expect(client.pongs).toBe(0);
  });
});

describe('a gateway that pings', () => {
  it('keeps clients that answer, and closes those that do not with 1011', async () => {
    const answering = await Client.loggedIn(gateway);
    const silent = await Client.loggedIn(gateway);
    silent.stopReading();
    gateway.pingEvery(PING_MS);

    await eventually(() => answering.pings >= 3, stateOf(answering));
    silent.startReading();

    await eventually(() => silent.closed === 1011 && gateway.openConnections === 1);
    await answering.settled();
  });

  it('keeps a client that answers although every turn of the event loop is slow', async () => {
    const client = await Client.loggedIn(gateway);
    let isSlow = true;
    const slow = (): void => {
      const until = performance.now() + 25;
      while (performance.now() < until);
      if (isSlow) setImmediate(slow);
    };
    gateway.pingEvery(20);
    slow();
    await eventually(() => client.pings >= 3 || client.closed !== null, stateOf(client));
    isSlow = false;
    expect(client.closed).toBeNull();
  });

  it('stops when told to, and sends no pings while frozen', async () => {
    const client = await Client.loggedIn(gateway);
    const clock = await SimulatedGateway.listen({ notifyEveryMs: PING_MS, notifyKinds: ['temp'] });
    const counting = await Client.subscribed(clock);
    const aWhile = async (): Promise<void> => {
      const until = counting.texts.length + 2;
      await eventually(() => counting.texts.length >= until);
    };

    gateway.pingEvery(PING_MS);
    await eventually(() => client.pings > 0, stateOf(client));
    gateway.freeze();
    await aWhile();
    const heard = client.pings;
    await aWhile();
    expect(client.pings).toBe(heard);

    gateway.thaw();
    await eventually(() => client.pings > heard, stateOf(client));
    gateway.pingEvery(null);
    await client.settled();
    const last = client.pings;
    await aWhile();
    expect({ pings: client.pings, open: client.isOpen }).toEqual({ pings: last, open: true });
    await clock.close();
  });
});

describe('a gateway that lingers', () => {
  let socket: Socket;
  let lastWords: number;

  /** A client whose TCP connection can be watched: `lastWords` counts the ends that came from the gateway. */
  async function watchedClient(): Promise<Client> {
    socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    lastWords = 0;
    socket.on('end', () => (lastWords += 1));
    return Client.loggedIn(gateway, { createConnection: () => socket });
  }

  it('sends its close frame and keeps the TCP connection', async () => {
    gateway.lingerOnClose(true);
    const client = await watchedClient();
    gateway.drop(1001);

    await eventually(() => !client.isOpen && gateway.openConnections === 0);
    // The client has ended its side by now, and waits for the other.
    if (!socket.writableFinished) await once(socket, 'finish');
    await Client.loggedIn(gateway);
    expect({ ended: lastWords, closed: client.closed, max: gateway.maxOpenConnections }).toEqual({
      ended: 0,
      closed: null,
      max: 1,
    });

    client.terminate();
    await eventually(() => client.closed === 1001);
  });

  it('keeps the TCP connection when the client closes, too', async () => {
    gateway.lingerOnClose(true);
    const client = await watchedClient();
    client.close(1000);

    await eventually(() => gateway.openConnections === 0);
    if (!socket.writableFinished) await once(socket, 'finish');
    await Client.loggedIn(gateway);
    expect({ ended: lastWords, closed: client.closed }).toEqual({ ended: 0, closed: null });

    await gateway.close();
    await eventually(() => client.closed === 1000);
  });

  it('ends its connections again when told to', async () => {
    gateway.lingerOnClose(true);
    gateway.lingerOnClose(false);
    const client = await watchedClient();
    gateway.drop(1001);

    await eventually(() => client.closed === 1001 && lastWords === 1);
  });
});
