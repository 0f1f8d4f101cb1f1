import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension, ApiHeader, ApiOperation } from '@nestjs/swagger';
import type { Once } from '../../common/idempotency';
import { ApiErrors } from './api-errors';
import type { Permission } from './permissions';
import type { RateLimit } from './rate-limit';
import { inputOf } from './request-input';
import type { RequestInput } from './request-input';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Like `permission`, undefined for a route that is not an operation of the API. */
    input?: RequestInput;
    permission?: Permission;
    isConditional?: boolean;
    isIdempotent?: boolean;
    limit?: RateLimit;
  }
  interface FastifyRequest {
    /** Set for operations that accept an Idempotency-Key, if the request has one. */
    once: Once | undefined;
  }
}

/** What a request must bring. */
interface Guards {
  readonly permission: Permission;
  /** Accepts `If-Match`. */
  readonly isConditional?: boolean;
  /** Accepts `Idempotency-Key`. Declare IDEMPOTENCY_KEY_REUSED with the other errors of the operation. */
  readonly isIdempotent?: boolean;
  /** How often a caller may send it. */
  readonly limit?: RateLimit;
}

interface OperationOptions {
  /** The name in generated clients. Must not change. */
  readonly id: string;
  readonly summary: string;
  readonly description: string;
}

/**
 * Declares an operation: its texts in the OpenAPI document, the permission it needs, the schemas of its arguments, against which a hook
 * validates requests, and the errors that are common to operations with or without a body. Add `ApiErrors` for the errors of this one.
 * @throws Error if an argument has no DTO
 */
export function Operation({ permission, ...options }: OperationOptions & Guards): MethodDecorator {
  return (target, key, method) => {
    const input = inputOf(target, key);
    const { isConditional = false, isIdempotent = false, limit } = options;
    const config = { input, permission, isConditional, isIdempotent, limit };
    applyDecorators(
      described(options),
      RouteConfig(config),
      ApiExtension('x-required-scope', permission),
      commonErrors(permission),
      ...(isConditional
        ? [ifMatchHeader, ApiErrors({ 412: ['PRECONDITION_FAILED'], 428: ['PRECONDITION_REQUIRED'] })]
        : []),
      ...(isIdempotent ? [idempotencyKeyHeader] : []),
      ...(limit ? [ApiErrors({ 429: ['TOO_MANY_REQUESTS'] })] : []),
    )(target, key, method);
  };
}

const ifMatchHeader = ApiHeader({
  name: 'If-Match',
  required: false,
  description: 'The `ETag` that the resource must have, or `*`. If it has another one, the response is a 412',
  schema: { type: 'string', example: '"rev-3"' },
});

const idempotencyKeyHeader = ApiHeader({
  name: 'Idempotency-Key',
  required: false,
  description:
    'Makes the request safe to repeat for 24 hours: the same key and body get the first response again, with `Idempotency-Replayed: true`',
  schema: { type: 'string', minLength: 1, maxLength: 255, example: '5f0c6e2a-order-17' },
});

/** An operation for probes: it needs no permission, and declares only the errors of a URL. */
export function PublicOperation(options: OperationOptions): MethodDecorator {
  return (target, key, method) => {
    const config = { input: inputOf(target, key), permission: 'public' satisfies Permission };
    applyDecorators(
      described(options),
      RouteConfig(config),
      ApiErrors({ 400: ['VALIDATION_ERROR', 'BAD_URL'] }),
      ApiExtension('x-required-scope', 'public'),
    )(target, key, method);
  };
}

function described({ id, summary, description }: OperationOptions): MethodDecorator {
  return ApiOperation({ operationId: id, summary, description });
}

/** The body of a request is read unless the method is GET, even if the operation has no use for it. */
function commonErrors(permission: Permission): MethodDecorator {
  return isReading(permission)
    ? ApiErrors({ 400: ['VALIDATION_ERROR', 'BAD_URL'], 500: ['INTERNAL_ERROR'] })
    : ApiErrors({
        400: ['VALIDATION_ERROR', 'MALFORMED_JSON', 'BAD_URL'],
        413: ['PAYLOAD_TOO_LARGE'],
        415: ['UNSUPPORTED_MEDIA_TYPE'],
        500: ['INTERNAL_ERROR'],
      });
}

function isReading(permission: Permission): boolean {
  return permission === 'any' || permission.endsWith(':read'); // `any`: `GET /api/me`.
}
