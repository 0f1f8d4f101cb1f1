import { createHmac } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PreconditionRequiredError } from '../../common/precondition';
import { RequestInvalidError } from '../contract/validation';

const VISIBLE = /^[\x21-\x7e]{1,255}$/;

/**
 * Reads the headers that make requests safe to repeat.
 * @param fingerprintKey for the digest of a request: a plain hash of a body with a password could be guessed at
 * @param requireIfMatch refuse changes without `If-Match`
 */
export function handleSafeRepetition(
  server: FastifyInstance,
  { fingerprintKey, requireIfMatch }: { readonly fingerprintKey: Buffer; readonly requireIfMatch: boolean },
): void {
  server.decorateRequest('once', undefined);
  server.addHook('preValidation', (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) => {
    const { isConditional, isIdempotent } = request.routeOptions.config;
    const { 'if-match': ifMatch, 'idempotency-key': key } = request.headers;
    if (isConditional && requireIfMatch && ifMatch === undefined) return done(new PreconditionRequiredError());
    if (!isIdempotent || key === undefined) return done();
    if (typeof key !== 'string' || !VISIBLE.test(key)) return done(invalidKey());
    request.once = { key, fingerprint: fingerprintOf(request, fingerprintKey) };
    done();
  });
}

/** Identifies a request by its method, URL and body, whatever the order of the body's fields. */
function fingerprintOf({ method, originalUrl, body }: FastifyRequest, key: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify([method, originalUrl, sorted(body)]))
    .digest();
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, each]) => [name, sorted(each)]));
}

function invalidKey(): RequestInvalidError {
  return new RequestInvalidError([
    { path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters', code: 'custom' },
  ]);
}
