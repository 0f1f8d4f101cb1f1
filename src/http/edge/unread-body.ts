import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** A body of at most this length is read to its end, and the connection is reused. */
const SHORT_BODY_BYTES = 64 * 1024;

/** Limits for discarding the rest of a refused request before the connection is cut. */
const MAX_DISCARDED_BYTES = 32 * 1024 * 1024;
const MAX_DISCARD_MS = 30_000;
const MAX_IDLE_MS = 5000;

/** The last request with a body on each connection. */
const lastRequests = new WeakMap<Socket, IncomingMessage>();
/** Connections whose last request with a body was answered before the body was complete. */
const answered = new WeakSet<Socket>();

/**
 * Makes sure that a response sent before the body was read arrives. Closing a connection that is still receiving data resets it, and a
 * client that sees the reset first loses the response. So the rest of the body is discarded, within limits; after a long body the
 * connection is closed. Call for every request with a body.
 */
export function answerBeforeBody(request: IncomingMessage, response: ServerResponse): void {
  const { socket, headers } = request;
  if (!(socket instanceof Socket)) return; // Injected by a test: there is no connection.
  if (!lastRequests.has(socket)) closeGracefully(socket);
  lastRequests.set(socket, request);
  answered.delete(socket);
  response.once('finish', () => {
    if (!request.complete) answered.add(socket);
  });

  const isShort = Number(headers['content-length']) <= SHORT_BODY_BYTES;
  if (isShort || !response.shouldKeepAlive) return;
  response.shouldKeepAlive = false;
  request.once('end', () => (response.shouldKeepAlive = true));
}

/** Whether the request that is still arriving has been answered. */
export function isAnswered(socket: Socket): boolean {
  return answered.has(socket) && lastRequests.get(socket)?.complete === false;
}

/** Ends our side of a connection and discards what still arrives, until the client ends its side or a limit is reached. */
export function endAndDiscard(socket: Socket, lastWords = ''): void {
  socket.end(lastWords);
  socket.resume(); // Undoes the pause by Node, in the next tick, while its parser is attached.
  process.nextTick(discard, socket);
  socket.setTimeout(MAX_IDLE_MS, () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), MAX_DISCARD_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

function discard(socket: Socket): void {
  socket.removeAllListeners('data'); // Detaches the HTTP parser: what arrives now is not a request.
  let discarded = 0;
  socket.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED_BYTES) socket.destroy();
  });
}

/** Node calls `destroySoon` after the last response on a connection. */
function closeGracefully(socket: Socket): void {
  socket.destroySoon = () => {
    if (lastRequests.get(socket)?.complete === false) endAndDiscard(socket);
    else Socket.prototype.destroySoon.call(socket);
  };
}
