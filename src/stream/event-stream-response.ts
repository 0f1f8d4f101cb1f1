import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OutgoingHttpHeaders } from 'node:http';
import type { EventStream, Wants } from './event-stream';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no', // Otherwise nginx holds events back until it has a page of them.
  connection: 'close', // The connection ends with the stream; kept alive, it would delay the shutdown.
};

/** Where a client says that it stopped reading. */
export interface ResumeFrom {
  /** The header `Last-Event-ID`. */
  readonly header: string | undefined;
  /** The same as a query parameter. */
  readonly query: string | undefined;
}

/**
 * Answers a request with a stream.
 * @throws NotReadyError, StreamShareUsedUpError, TooManyStreamsError
 */
export function answerWithStream<Item>(
  stream: EventStream<Item>,
  { raw: request, actor, sessionEndsAt }: FastifyRequest,
  reply: FastifyReply,
  wants: Wants<Item>,
  { header, query }: ResumeFrom,
): void {
  stream.requireRoom(actor, request.socket);
  reply.headers(HEADERS).hijack(); // From here on, the framework leaves the response to this function.
  const response = reply.raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
  if (request.method === 'HEAD') return void response.end();
  // An empty header defers to the query. If the id is empty after that, the answer is a reset, so that no item is missed.
  const resumeFrom = header === '' ? (query ?? '') : (header ?? query);
  stream.open(response, request.socket, { actor, wants, endsAt: sessionEndsAt }, resumeFrom);
}
