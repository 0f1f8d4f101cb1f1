import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse } from '@nestjs/swagger';
import { ERROR_CODES } from '../../common/error-codes';
import type { ErrorCode } from '../../common/error-codes';
import { errorEnvelope, ErrorDto } from './error.dto';

/** Which error codes an operation can answer with, by status. */
type ErrorCodes = Partial<
  Record<400 | 401 | 403 | 404 | 409 | 412 | 413 | 415 | 422 | 428 | 429 | 500 | 503, ErrorCode[]>
>;

const EXAMPLE_DETAILS = [
  { path: 'url', message: 'must be a ws:// or wss:// URL with a host', code: 'custom' },
] as const;

/** An error response of the OpenAPI document: what each code means, with an example of each. */
export function errorResponse(status: number, codes: readonly ErrorCode[]) {
  const meanings = codes.map((code) => `\`${code}\`: ${ERROR_CODES[code]}`);
  const examples = Object.fromEntries(codes.map((code) => [code, { value: exampleOf(status, code) }]));
  return {
    description: meanings.length === 1 ? meanings.join() : meanings.map((line) => `- ${line}`).join('\n'),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' }, examples } },
  };
}

function exampleOf(status: number, code: ErrorCode): ErrorDto {
  const details = code === 'VALIDATION_ERROR' ? [...EXAMPLE_DETAILS] : undefined;
  return errorEnvelope(status, code, ERROR_CODES[code].replaceAll('`', ''), details);
}

/** The codes that a method has declared so far, by status. */
const DECLARED = Symbol('error codes');

/**
 * Declares errors, each in the one envelope, in addition to those that the method has already. Operations name only their own: `Operation`
 * adds the common ones.
 */
export function ApiErrors(codes: ErrorCodes): MethodDecorator {
  return (target, key, method) => {
    const declared = (Reflect.getOwnMetadata(DECLARED, target, key) ?? {}) as Record<string, ErrorCode[]>;
    for (const [status, names] of Object.entries(codes)) declared[status] = [...(declared[status] ?? []), ...names];
    Reflect.defineMetadata(DECLARED, declared, target, key);
    const responses = Object.keys(codes).map((status) =>
      ApiResponse({ status: Number(status), ...errorResponse(Number(status), declared[status] ?? []) }),
    );
    applyDecorators(ApiExtraModels(ErrorDto), ...responses)(target, key, method);
  };
}
