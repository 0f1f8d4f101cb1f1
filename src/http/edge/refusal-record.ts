import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Actor, RequestOrigin } from '../../common/actor';
import { callerOf, originOf } from '../contract/caller';
import { pathOf } from './request-log';

/** Records refused requests. */
export interface RefusalRecord {
  /** @param request method and path */
  refusedActor(actor: Actor, request: string): void;
  refusedStranger(origin: RequestOrigin, status: number): void;
}

/** Records every response with status 401 or 403, whichever hook or handler refused the request. */
export function recordRefusals(server: FastifyInstance, record: RefusalRecord): void {
  server.addHook('onSend', (request, { statusCode }, payload, done) => {
    if (statusCode === 401 || statusCode === 403) refused(record, request, statusCode);
    done(null, payload);
  });
}

function refused(record: RefusalRecord, request: FastifyRequest, status: 401 | 403): void {
  // Null if a hook before the authentication refused the request.
  const { kind } = (request.actor as Actor | null) ?? { kind: 'anonymous' };
  if (status === 401 || kind === 'anonymous') record.refusedStranger(originOf(request), status);
  else record.refusedActor(callerOf(request), `${request.method} ${pathOf(request.originalUrl)}`);
}
