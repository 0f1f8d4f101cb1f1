import type { ConnectionError, FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorEnvelope } from '../contract/error.dto';
import type { ErrorDto } from '../contract/error.dto';
import { badUrl, MAX_URL_LENGTH, urlTooLong } from './request-url';
import { endAndDiscard, isAnswered } from './unread-body';

/** Limit for the request line and all headers together. Larger than the longest URL, so that it is clear which of the two is too long. */
export const MAX_HEADER_BYTES = 32_768;

const hostMissing = errorEnvelope(400, 'BAD_REQUEST', 'A Host header is required');

/** Required by RFC 9112, section 3.2. Node would do it too, but with an empty response. */
export function refuseMissingHost({ raw, headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (raw.httpVersion === '1.1' && headers.host === undefined) void reply.status(400).send(hostMissing);
  else done();
}

/** Input that the HTTP parser refuses never becomes a request, so the response is written directly to the socket. */
export function refuseConnection(error: ConnectionError, socket: Socket): void {
  if (!socket.writable || isAnswered(socket)) return void socket.destroy();
  const response = refusalOf(error);
  const body = JSON.stringify(response);
  const { statusCode } = response.error;
  endAndDiscard(
    socket,
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}

function refusalOf({ code, rawPacket }: ConnectionError): ErrorDto {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return isRequestLine(rawPacket)
        ? urlTooLong
        : errorEnvelope(431, 'HEADERS_TOO_LARGE', `The headers are larger than ${MAX_HEADER_BYTES} bytes`);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return errorEnvelope(408, 'REQUEST_TIMEOUT', 'The request took too long to arrive');
    case 'HPE_INVALID_URL':
      return badUrl;
    default:
      return errorEnvelope(400, 'BAD_REQUEST', 'The request is not valid HTTP');
  }
}

/** Whether the packet does not get past the request line. (The declared type of a raw packet is that of its JSON form.) */
function isRequestLine(rawPacket: unknown): boolean {
  return Buffer.isBuffer(rawPacket) && !rawPacket.subarray(0, MAX_URL_LENGTH).includes('\n');
}
