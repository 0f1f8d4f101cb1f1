import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { IncomingHttpHeaders } from 'node:http';

interface Reply {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
}

/** How long a client may keep an answer. `revalidate`: it asks each time whether the answer is still current. */
const CACHE_CONTROL = {
  revalidate: 'private, no-cache',
  forever: 'private, max-age=31536000, immutable',
} as const;

/**
 * Sets the entity tag of an answer to a GET. If the client has this answer already (RFC 9110, section 13.1.2), the status becomes 304:
 * then send no body.
 * @param tag without quotes
 * @returns whether the client has it
 */
export function isCurrent(
  { 'if-none-match': known }: IncomingHttpHeaders,
  reply: Reply,
  tag: string,
  keep: keyof typeof CACHE_CONTROL,
): boolean {
  reply.header('etag', `"${tag}"`);
  reply.header('cache-control', CACHE_CONTROL[keep]);
  const tags = known?.split(',').map((each) => each.trim().replace(/^W\//, '')) ?? [];
  const isKnown = tags.includes('*') || tags.includes(`"${tag}"`);
  if (isKnown) reply.status(304);
  return isKnown;
}

/** Declares an operation that accepts `If-None-Match`. */
export function ApiConditionalGet(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'The `ETag` of an answer that you have. If it is still current, the response is a 304',
      schema: { type: 'string' },
    }),
    ApiResponse({ status: 304, description: 'The answer that you have is current' }),
  );
}
