import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { TooManyRequestsError, UnavailableError, UnauthenticatedError } from '../../common/domain-error';
import { PreconditionFailedError } from '../../common/precondition';
import { CHALLENGE } from '../contract/challenge';
import { etagOf } from '../contract/entity-tag';
import { internalError, requestCutShort, toErrorResponse } from './error-response';

/** Answers every error in the common envelope, and logs internal errors. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@InjectPinoLogger(ErrorFilter.name) private readonly logger: PinoLogger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();

    const response =
      toErrorResponse(error, request.routeOptions.bodyLimit) ?? (isCutShort(request) ? requestCutShort : null);
    if (!response) this.logger.error({ requestId: request.id, err: error }, 'request failed');
    if (error instanceof UnauthenticatedError) reply.header('www-authenticate', CHALLENGE);
    const retryAfterS = retryAfterOf(error);
    if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS);
    if (error instanceof PreconditionFailedError) reply.header('etag', etagOf(error.revision));
    const { error: body } = response ?? internalError;
    if (!reply.sent) void reply.status(body.statusCode).send({ error: body });
  }
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof TooManyRequestsError || error instanceof UnavailableError
    ? error.retryAfterSeconds
    : undefined;
}

function isCutShort({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}
