import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** A rest of a body that is shorter is read to its end, and the connection used again. */
const SHORT_BODY_BYTES = 64 * 1024;

/** What is thrown away of a refused request before its connection is cut. */
const MAX_DISCARDED_BYTES = 32 * 1024 * 1024;
const MAX_DISCARD_MS = 30_000;
const MAX_IDLE_MS = 5000;

/** The last request with a body that came in on a connection. */
const lastRequests = new WeakMap<Socket, IncomingMessage>();
/** Connections whose last request with a body was answered before all of it had come in. */
const answered = new WeakSet<Socket>();

/**
 * Sees to it that an answer which is given before the body was read arrives. To close a connection on which data is still coming
 * in resets it, and a client that is told of the reset before it reads the answer loses the answer. So what it still sends
 * is thrown away for a while, and with a long body the answer is the last on its connection. To be called for each request with a body.
 */
export function answerBeforeBody(request: IncomingMessage, response: ServerResponse): void {
  const { socket, headers } = request;
  if (!(socket instanceof Socket)) return; // A test that injects a request has no connection.
  if (!lastRequests.has(socket)) closeGently(socket);
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

/** Whether the request that is still coming in has had its answer. */
export function isAnswered(socket: Socket): boolean {
  return answered.has(socket) && lastRequests.get(socket)?.complete === false;
}

/** Ends our side of a connection and throws away what still comes in, until the client ends its side or a limit is reached. */
export function endAndDiscard(socket: Socket, lastWords = ''): void {
  socket.end(lastWords);
  socket.resume(); // Node reads on when it announces this, in the next tick, as long as its parser is attached.
  process.nextTick(discard, socket);
  socket.setTimeout(MAX_IDLE_MS, () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), MAX_DISCARD_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

function discard(socket: Socket): void {
  socket.removeAllListeners('data'); // The HTTP parser's: what comes now is no request.
  let discarded = 0;
  socket.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED_BYTES) socket.destroy();
  });
}

/** Node calls `destroySoon` after the last answer on a connection. */
function closeGently(socket: Socket): void {
  socket.destroySoon = () => {
    if (lastRequests.get(socket)?.complete === false) endAndDiscard(socket);
    else Socket.prototype.destroySoon.call(socket);
  };
}
