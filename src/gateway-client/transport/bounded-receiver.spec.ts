import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { types } from 'node:util';
import { WebSocket, WebSocketServer } from 'ws';
import { frameOf } from '../../../simulator/sockets/drips';
import { useStillClock } from '../../../test/unit-support/still-clock';
import { KEPT_BYTES } from './bounded-receiver';
import { GatewayWebSocket } from './gateway-web-socket';
import { ReadBudget } from './read-budget';

const MB = 1024 * 1024;

interface Message {
  readonly data: Buffer;
  readonly isWhole: boolean;
}

/** A frame of a fragmented message. `head` is 0x01 for the first, 0x00 for those in between, and 0x80 for the last. */
function fragment(head: number, payload: string): Buffer {
  return Buffer.concat([Buffer.from([head, payload.length]), Buffer.from(payload)]);
}

describe('BoundedReceiver', () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const clients: GatewayWebSocket[] = [];
  let isOver = false;

  beforeEach(() => {
    isOver = false;
  });
  beforeAll(async () => {
    if (!server.address()) await once(server, 'listening');
  });
  afterEach(async () => {
    isOver = true;
    jest.useRealTimers();
    for (const client of clients.splice(0)) {
      if (client.readyState === WebSocket.CLOSED) continue;
      const closed = once(client, 'close');
      client.terminate();
      await closed;
    }
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  /** The connection that asks for this path. A client of another process may still dial a port that was its own gateway's. */
  function acceptedAt(path: string): Promise<Socket> {
    return new Promise((resolve) => {
      const onConnection = (webSocket: WebSocket, request: IncomingMessage) => {
        webSocket.on('error', () => undefined);
        if (request.url !== path) return;
        server.off('connection', onConnection);
        resolve(request.socket);
      };
      server.on('connection', onConnection);
    });
  }

  /** Opens a connection. Returns the gateway's end as a raw socket, and the service's end with what it has received. */
  async function connect({
    bytesPerSecond = 1000 * MB,
    maxPayload = 100 * MB,
    takesLarge = true,
    budget = new ReadBudget(bytesPerSecond),
  } = {}) {
    const { port } = server.address() as AddressInfo;
    const path = `/${randomBytes(8).toString('hex')}`;
    const accepted = acceptedAt(path);
    const client = new GatewayWebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false, maxPayload });
    clients.push(client);
    const messages: Message[] = [];
    const ends: string[] = [];
    let pongs = 0;
    let begun = 0;
    client.once('open', () => {
      client.belongTo(
        {
          onMessage: (data, isWhole) => messages.push({ data, isWhole }),
          onMessageBegins: () => (begun += 1),
          mayAct: () => true,
          onPing: () => undefined,
          onPong: () => (pongs += 1),
          onClosing: () => undefined,
          onError: (error) => {
            ends.push((error as Error & { code: string }).code);
            client.terminate();
          },
          onClosed: () => ends.push('closed'),
        },
        budget,
      );
      if (takesLarge) client.takeLarge();
    });
    const gateway = await accepted;
    if (client.readyState !== WebSocket.OPEN) await once(client, 'open');
    return { client, gateway, messages, ends, pongs: () => pongs, begun: () => begun };
  }

  /** Waits for a condition until the test is over, without a clock, which a test may have stopped. */
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo() && !isOver) await new Promise((resolve) => setImmediate(resolve));
  };

  it('passes on only the beginning of a large message, and the next message whole', async () => {
    const { client, gateway, messages, begun } = await connect();
    gateway.write(Buffer.concat([frameOf(`{"Type":"X"${'é'.repeat(MB)}`), frameOf('after')]));
    await until(() => messages.length === 2);
    expect(messages[0]?.isWhole).toBe(false);
    expect(messages[0]?.data.length).toBe(KEPT_BYTES);
    expect(messages[0]?.data.subarray(0, 11).toString()).toBe('{"Type":"X"');
    expect(messages[1]).toEqual({ data: Buffer.from('after'), isWhole: true });
    expect(begun()).toBeGreaterThan(0);
    expect(client.isReceiving).toBe(false);
  });

  it('passes on a large message whole while such a one is expected, in one frame or in fragments', async () => {
    const { client, gateway, messages } = await connect();
    client.keepMessages(MB);
    const pieces = Array<Buffer>(2000).fill(fragment(0x00, 'y'.repeat(100)));
    gateway.write(frameOf('x'.repeat(MB)));
    gateway.write(Buffer.concat([fragment(0x01, 'begin'), ...pieces, fragment(0x80, 'end')]));
    gateway.write(frameOf('z'.repeat(MB + 1)));
    await until(() => messages.length === 3);
    expect(messages.map(({ data, isWhole }) => [data.length, isWhole])).toEqual([
      [MB, true],
      [200_008, true],
      [KEPT_BYTES, false],
    ]);
    expect(messages[0]?.data.equals(Buffer.from('x'.repeat(MB)))).toBe(true);
    expect(types.isSharedArrayBuffer(messages[0]?.data.buffer)).toBe(true); // For the thread that reads it.

    client.keepMessages(undefined);
    gateway.write(frameOf('x'.repeat(KEPT_BYTES + 1)));
    await until(() => messages.length === 4);
    expect(messages[3]?.isWhole).toBe(false);
  });

  it('SEC-20: keeps large messages of all gateways only within one limit for their memory', async () => {
    const budget = new ReadBudget(1000 * MB, MB);
    const [slow, other] = [await connect({ budget }), await connect({ budget })];
    for (const { client } of [slow, other]) client.keepMessages(MB);
    const [large, medium] = [frameOf('x'.repeat(MB)), frameOf('y'.repeat(MB / 2))];
    slow.gateway.write(large.subarray(0, (MB * 3) / 4));
    await until(() => slow.client.bytesRead > MB / 2 + KEPT_BYTES);
    other.gateway.write(medium);
    await until(() => other.messages.length === 1);
    expect(other.messages[0]).toMatchObject({ isWhole: false });
    expect(other.messages[0]?.data.length).toBeLessThanOrEqual(MB / 2);

    slow.gateway.write(large.subarray((MB * 3) / 4)); // What was refused of the other one is free again.
    await until(() => slow.messages.length === 1);
    expect([slow.messages[0]?.data.length, slow.messages[0]?.isWhole]).toEqual([MB, true]);

    slow.gateway.write(large.subarray(0, (MB * 3) / 4));
    await until(() => slow.client.isReceiving);
    slow.client.terminate();
    await until(() => slow.ends.length > 0);
    other.gateway.write(medium);
    await until(() => other.messages.length === 2);
    expect(other.messages[1]).toMatchObject({ isWhole: true });
  });

  it.each([KEPT_BYTES - 1, KEPT_BYTES])('passes on a message of %i bytes whole', async (length) => {
    const { gateway, messages } = await connect({ takesLarge: false });
    gateway.write(frameOf('x'.repeat(length)));
    await until(() => messages.length === 1);
    expect(messages).toEqual([{ data: Buffer.from('x'.repeat(length)), isWhole: true }]);
  });

  it('joins fragments with other frames between them, and reports that a message is arriving', async () => {
    const { client, gateway, messages, pongs } = await connect();
    const pong = Buffer.from([0x8a, 0]);
    gateway.write(Buffer.concat([fragment(0x01, 'a'), pong, fragment(0x00, 'b'), pong]));
    await until(() => pongs() === 2);
    expect(client.isReceiving).toBe(true);
    expect(messages).toEqual([]);
    gateway.write(fragment(0x80, 'c'));
    await until(() => messages.length === 1);
    expect(messages).toEqual([{ data: Buffer.from('abc'), isWhole: true }]);
    expect(client.isReceiving).toBe(false);
  });

  it('passes on only the beginning of a large message in fragments', async () => {
    const { gateway, messages } = await connect();
    const piece = fragment(0x00, 'y'.repeat(100));
    gateway.write(Buffer.concat([fragment(0x01, 'begin'), ...Array<Buffer>(2000).fill(piece), fragment(0x80, 'end')]));
    gateway.write(frameOf('after'));
    await until(() => messages.length === 2);
    expect(messages[0]?.isWhole).toBe(false);
    expect(messages[0]?.data.toString()).toBe(`begin${'y'.repeat(KEPT_BYTES - 5)}`);
    expect(messages[1]?.data.toString()).toBe('after');
  });

  it('reads a frame that comes byte by byte', async () => {
    const { gateway, messages } = await connect();
    gateway.setNoDelay(true);
    for (const byte of frameOf('x'.repeat(700))) {
      gateway.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => messages.length === 1);
    expect(messages[0]?.data.toString()).toBe('x'.repeat(700));
  });

  it('SEC-20: rejects a message over 64 KiB before the login, without waiting for the rest', async () => {
    const { gateway, ends, messages } = await connect({ takesLarge: false });
    gateway.on('error', () => undefined);
    gateway.write(frameOf('x'.repeat(60 * MB)).subarray(0, 100)); // The rest is never sent.
    await until(() => ends.includes('closed'));
    expect(ends).toEqual(['LARGE_BEFORE_LOGIN', 'closed']);
    expect(messages).toEqual([]);
  });

  it('SEC-20: counts the fragments of a message together before the login', async () => {
    const { gateway, ends } = await connect({ takesLarge: false });
    gateway.on('error', () => undefined);
    const piece = fragment(0x00, 'y'.repeat(100));
    gateway.write(Buffer.concat([fragment(0x01, 'begin'), ...Array<Buffer>(700).fill(piece)]));
    await until(() => ends.includes('closed'));
    expect(ends[0]).toBe('LARGE_BEFORE_LOGIN');
  });

  it('closes on a message over the limit, as soon as its length is known', async () => {
    const { gateway, ends } = await connect({ maxPayload: 1000 });
    gateway.on('error', () => undefined);
    gateway.write(frameOf('x'.repeat(1001)).subarray(0, 10));
    await until(() => ends.includes('closed'));
    expect(ends[0]).toBe('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
  });

  it('SEC-20: reads no faster than its budget allows, loses nothing, and holds the gateway back', async () => {
    useStillClock();
    const { client, gateway, messages } = await connect({ bytesPerSecond: 8 * MB });
    for (let sent = 0; sent < 4; sent += 1) gateway.write(frameOf('x'.repeat(MB)));
    gateway.write(frameOf('after'));
    let refills = 0;
    await until(() => {
      if (client.isHeld) {
        refills += 1;
        jest.advanceTimersByTime(25);
      }
      return messages.length === 5;
    });
    expect(refills).toBeGreaterThanOrEqual(17); // The burst pays for half a megabyte of the four, and each 25 ms for a fifth of one.
    expect(client.isHeld).toBe(false);
    expect(messages.map(({ isWhole }) => isWhole)).toEqual([false, false, false, false, true]);
  });

  it('SEC-20: charges small frames for more than their bytes, and pauses between two frames of one chunk', async () => {
    useStillClock();
    const { client, gateway, messages } = await connect({ bytesPerSecond: MB });
    const many = Buffer.concat(Array<Buffer>(400).fill(Buffer.from([0x81, 2, 0x7b, 0x7d])));
    gateway.write(many);
    await until(() => client.isHeld);
    expect(messages).toHaveLength(61); // Of 64 KiB, each costs 1 KiB and 16 for each of its bytes.
    await until(() => {
      jest.advanceTimersByTime(25);
      return messages.length === 400;
    });
  });

  it('closes at once when it is terminated while it waits for its budget', async () => {
    const { client, gateway, messages, ends } = await connect({ bytesPerSecond: MB });
    gateway.on('error', () => undefined);
    gateway.write(Buffer.concat(Array<Buffer>(4000).fill(Buffer.from([0x81, 2, 0x7b, 0x7d]))));
    await until(() => client.isHeld);
    const received = messages.length;
    client.terminate();
    await until(() => ends.includes('closed'));
    expect(messages.length).toBe(received);
  });
});
