import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { ZodDto } from 'nestjs-zod';
import { z } from 'zod';

/** The schemas of what a route reads of a request. */
export interface RequestInput {
  readonly params?: z.ZodType;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The query parameters of the route. */
  readonly queryNames: readonly string[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Undefined for a route that is not an operation of the API. */
    input?: RequestInput;
  }
}

/**
 * Gives the route the schemas of its DTOs: of `@Param()`, `@Query()` and `@Body()`. `checkQueryNames` and `validateInput` refuse requests
 * that do not fit. A hook validates, not a Nest pipe, because Nest awaits several promises for each argument that has a pipe.
 */
export const ValidatedInput: MethodDecorator = (target, key, method) => {
  const dtoOf = dtosOf(target, key);
  const [params, query, body] = [RouteParamtypes.PARAM, RouteParamtypes.QUERY, RouteParamtypes.BODY].map(
    (type) => dtoOf(type)?.schema as z.ZodType | undefined,
  );
  if (query && !(query instanceof z.ZodObject)) throw new Error(`the query of ${String(key)} must be an object schema`);
  const input: RequestInput = {
    ...(params && { params }),
    ...(query && { query }),
    ...(body && { body }),
    queryNames: Object.keys(query?.shape ?? {}),
  };
  RouteConfig({ input })(target, key, method);
};

function dtosOf(target: object, key: string | symbol): (type: RouteParamtypes) => ZodDto | undefined {
  const parameters = Object.keys((Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, key) ?? {}) as object);
  const types = Reflect.getMetadata('design:paramtypes', target, key) as ZodDto[];
  return (type) => {
    const parameter = parameters.find((name) => name.startsWith(`${type}:`));
    if (parameter === undefined) return undefined;
    const dto = types[Number(parameter.split(':')[1])];
    if (!dto || !('schema' in dto)) throw new Error(`each argument of ${String(key)} must have a DTO`);
    return dto;
  };
}
