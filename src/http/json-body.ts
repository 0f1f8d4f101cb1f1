import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { answerBeforeBody } from './unread-body';

/** A body that is not JSON. */
export class MalformedJsonError extends Error {
  override readonly name = 'MalformedJsonError';
}

/** A body in an encoding, such as gzip, that is not decoded. */
export class EncodedBodyError extends Error {
  override readonly name = 'EncodedBodyError';
}

/** Makes JSON the one format that is parsed. An empty body is no body, whatever its type says. */
export function acceptOnlyJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  // A `__proto__` in a body is refused rather than dropped: nobody sends it by accident.
  const parse = server.getDefaultJsonParser('error', 'error');

  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    if (!isUtf8(body)) return done(new MalformedJsonError('The body is not UTF-8'));
    void parse(request, body.toString(), (error, value) =>
      // Not the parser's own words: they quote the body, and with it perhaps a password.
      done(
        error &&
          new MalformedJsonError('The body is not valid JSON, or has a __proto__ or constructor.prototype in it'),
        value,
      ),
    );
  });
  // `curl --data ''` sends nothing and calls it a form.
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
