import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { blackHole, connects } from '../support/black-hole';
import { closesAtOnce, deadPort, notHttp, plainHttp, silentTcp } from '../support/peers';
import type { Peer } from '../support/peers';

let peer: Peer;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await peer.close();
});

function dial(): Socket {
  // One that still waits when the listener is gone is refused then, and nobody asks it any more.
  const socket = connect(peer.port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

async function firstWords(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

it('a black hole neither accepts nor refuses, and leaves no process', async () => {
  peer = await blackHole();
  await expect(connects(dial())).resolves.toBe(false);
  await expect(connects(dial())).resolves.toBe(false);
  expect(sockets.map(({ connecting, destroyed }) => ({ connecting, destroyed }))).toEqual([
    { connecting: true, destroyed: false },
    { connecting: true, destroyed: false },
  ]);

  await peer.close();
  // Its process held the port.
  await expect(connects(dial())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it.each([404, 200, 301, 500])('plain HTTP answers an upgrade with %i', async (status) => {
  peer = await plainHttp(status);
  const socket = dial();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');

  await expect(firstWords(socket)).resolves.toMatch(`HTTP/1.1 ${status}`);
});

it('a peer without HTTP sends something else, and stays connected', async () => {
  peer = await notHttp();
  const socket = dial();

  await expect(firstWords(socket)).resolves.toMatch(/^SSH-2\.0/);
  expect(socket.readableEnded).toBe(false);
});

it('a peer that closes at once sends nothing', async () => {
  peer = await closesAtOnce();
  const socket = dial();
  const heard: Buffer[] = [];
  socket.on('data', (chunk) => heard.push(chunk));

  await once(socket, 'close');
  expect(heard).toEqual([]);
});

it.each([
  ['an upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
  ['a TLS handshake', '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03'],
])('a silent peer accepts a connection, and does not answer %s', async (_what, bytes) => {
  peer = await silentTcp();
  const socket = dial();
  const heard: Buffer[] = [];
  socket.on('data', (chunk) => heard.push(chunk));
  await once(socket, 'connect');

  socket.end(bytes, 'latin1');

  // It ends its side when it has read everything.
  await once(socket, 'close');
  expect(heard).toEqual([]);
});

it('a dead port refuses every connection', async () => {
  peer = await deadPort();

  await expect(once(dial(), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await expect(once(dial(), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
