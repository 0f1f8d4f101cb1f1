import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { loginReply } from '../../simulator/messages';
import { DEFAULT_LOGIN } from '../../simulator/gateway-options';
import type { Side } from '../support/rounds';
import { batchOf } from './frames';
import type { FrameKind } from './frames';

/** The side to send to, and what to send; null stops sending. */
export type Order = { readonly side: Side; readonly kind: FrameKind } | null;

// Gateways that send notifications as fast as they are accepted. Replies go through `ws`; notifications are written to its sockets
// as prebuilt batches, so that sending is not what is measured.
const batches: Record<FrameKind, Buffer> = { small: batchOf('small'), large: batchOf('large') };
const sockets: Record<Side, Set<Duplex>> = { product: new Set(), baseline: new Set() };
let order: Order = null;

const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer();

/** The path is `/<side>/<number>`. */
server.on('upgrade', (request, socket, head) => {
  const side: Side = request.url?.startsWith('/product') === true ? 'product' : 'baseline';
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on('message', (data: Buffer) => {
      const { Type } = JSON.parse(data.toString()) as { Type: string };
      if (Type === 'POST_LOGIN') webSocket.send(loginReply(DEFAULT_LOGIN.email, true));
      if (Type === 'POST_SUB_CHANGES') sockets[side].add(socket);
    });
    webSocket.on('error', () => undefined); // `close` follows.
    webSocket.on('close', () => sockets[side].delete(socket));
    socket.on('drain', () => pump(socket, side));
  });
});

function pump(socket: Duplex, side: Side): void {
  while (order?.side === side && socket.write(batches[order.kind])) {
    // Until the socket takes no more; `drain` continues.
  }
}

process.on('message', (message: Order | 'collect') => {
  if (message === 'collect') return;
  order = message;
  if (order) for (const socket of sockets[order.side]) pump(socket, order.side);
  process.send?.('done');
});

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
