import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation } from '@nestjs/swagger';
import { ApiErrors } from './api-errors';
import type { Permission } from './permissions';
import { inputOf } from './request-input';
import type { RequestInput } from './request-input';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Like `permission`, undefined for a route that is not an operation of the API. */
    input?: RequestInput;
    permission?: Permission;
  }
}

interface OperationOptions {
  /** The name in generated clients. Must not change. */
  readonly id: string;
  readonly summary: string;
  readonly description: string;
}

/**
 * Declares an operation: its texts in the OpenAPI document, the permission it will need, the schemas of its arguments, against which a hook
 * validates requests, and the errors that are common to operations with or without a body. Add `ApiErrors` for the errors of this one.
 * @throws Error if an argument has no DTO
 */
export function Operation(options: OperationOptions & { readonly permission: Permission }): MethodDecorator {
  return (target, key, method) => {
    const input = inputOf(target, key);
    applyDecorators(described(options), RouteConfig({ input, permission: options.permission }), commonErrors(input))(
      target,
      key,
      method,
    );
  };
}

/** An operation for probes: it needs no permission, and declares no common errors. */
export function PublicOperation(options: OperationOptions): MethodDecorator {
  return (target, key, method) => {
    const config = { input: inputOf(target, key), permission: 'public' satisfies Permission };
    applyDecorators(described(options), RouteConfig(config))(target, key, method);
  };
}

function described({ id, summary, description }: OperationOptions): MethodDecorator {
  return ApiOperation({ operationId: id, summary, description });
}

function commonErrors({ body }: RequestInput): MethodDecorator {
  return body
    ? ApiErrors({
        400: ['VALIDATION_ERROR', 'MALFORMED_JSON', 'BAD_URL'],
        413: ['PAYLOAD_TOO_LARGE'],
        415: ['UNSUPPORTED_MEDIA_TYPE'],
        500: ['INTERNAL_ERROR'],
      })
    : ApiErrors({ 400: ['VALIDATION_ERROR', 'BAD_URL'], 500: ['INTERNAL_ERROR'] });
}
