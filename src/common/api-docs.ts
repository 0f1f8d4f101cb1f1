import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { ErrorDto } from './error.dto';

/** Which error codes an operation can answer with, by status. */
type ErrorCodes = Partial<Record<400 | 404 | 409 | 413 | 415 | 422 | 429 | 500 | 503, string[]>>;

/** Declares errors, each in the one envelope. Operations name only their own: `ApiRead` and `ApiWrite` add the common ones. */
export const ApiErrors = (codes: ErrorCodes): MethodDecorator =>
  applyDecorators(
    ...Object.entries(codes).map(([status, names]) =>
      ApiResponse({ status: Number(status), type: ErrorDto, description: names.join(', ') }),
    ),
  );

/** An operation without a body. `operationId` is what generated clients call it, so it never changes. */
export const ApiRead = (operationId: string, summary: string, description = ''): MethodDecorator =>
  applyDecorators(
    ApiOperation({ operationId, summary, description }),
    ApiErrors({ 400: ['VALIDATION_ERROR', 'BAD_URL'], 500: ['INTERNAL_ERROR'] }),
  );

/** An operation with a JSON body. */
export const ApiWrite = (operationId: string, summary: string, description = ''): MethodDecorator =>
  applyDecorators(
    ApiOperation({ operationId, summary, description }),
    ApiErrors({
      400: ['VALIDATION_ERROR', 'MALFORMED_JSON', 'BAD_URL'],
      413: ['PAYLOAD_TOO_LARGE'],
      415: ['UNSUPPORTED_MEDIA_TYPE'],
      500: ['INTERNAL_ERROR'],
    }),
  );
