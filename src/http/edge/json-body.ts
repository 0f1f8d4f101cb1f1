import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { EncodedBodyError, MalformedJsonError } from '../errors/body.errors';
import { answerBeforeBody } from './unread-body';

/** Accepts only JSON bodies. An empty body counts as no body, whatever its content type. */
export function acceptOnlyJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  // A `__proto__` in a body is refused, not dropped: it is never sent by accident.
  const parse = server.getDefaultJsonParser('error', 'error');

  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    if (!isUtf8(body)) return done(new MalformedJsonError('The body is not UTF-8'));
    void parse(request, body.toString(), (error, value) =>
      // Not the parser's own message, which quotes the body and so may contain a password.
      done(
        error && new MalformedJsonError('The body is not valid JSON, or contains __proto__ or constructor.prototype'),
        value,
      ),
    );
  });
  // `curl --data ''` sends an empty body with the content type of a form.
  server.addHook('onRequest', ({ raw }, reply, done) => {
    const { headers } = raw;
    const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
    if (hasBody) answerBeforeBody(raw, reply.raw);
    else if (headers['content-type'] !== undefined) delete headers['content-type'];
    const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
    if (hasBody && encoding !== 'identity') done(new EncodedBodyError(`Content-Encoding ${encoding} is not accepted`));
    else done();
  });
}
