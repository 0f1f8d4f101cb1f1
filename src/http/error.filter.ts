import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { ZodSerializationException } from 'nestjs-zod';
import { z } from 'zod';
import { internalError, requestCutShort, toErrorResponse } from './error-response';

/** Answers every error in the one envelope, and logs those that are faults of ours. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@InjectPinoLogger(ErrorFilter.name) private readonly logger: PinoLogger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();

    const response = toErrorResponse(error) ?? (isCutShort(request) ? requestCutShort : null);
    if (!response) this.logger.error({ requestId: request.id, err: causeOf(error) }, 'request failed');
    const { error: body } = response ?? internalError;
    if (!reply.sent) void reply.status(body.statusCode).send({ error: body });
  }
}

function isCutShort({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}

/** An answer that does not fit its own schema: a validation error is no Error, and would say nothing in a log. */
function causeOf(error: unknown): unknown {
  if (!(error instanceof ZodSerializationException)) return error;
  return new Error(`the answer does not fit its schema: ${z.prettifyError(error.getZodError() as z.ZodError)}`);
}
