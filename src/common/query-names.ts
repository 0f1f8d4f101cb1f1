import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { ZodDto } from 'nestjs-zod';
import { z } from 'zod';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The query parameters of the route; undefined for a route that is not an operation of the API. */
    queryNames?: readonly string[];
  }
}

/** Gives the route the names of its query parameters, which are those of its `@Query()` DTO. `checkQueryNames` refuses others. */
export const QueryNames: MethodDecorator = (target, key, method) => {
  RouteConfig({ queryNames: namesIn(queryDtoOf(target, key)) })(target, key, method);
};

function queryDtoOf(target: object, key: string | symbol): ZodDto | undefined {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, key) ?? {}) as object;
  const types = Reflect.getMetadata('design:paramtypes', target, key) as ZodDto[];
  const query = Object.keys(parameters).find((parameter) => parameter.startsWith(`${RouteParamtypes.QUERY}:`));
  return query === undefined ? undefined : types[Number(query.split(':')[1])];
}

function namesIn(dto: ZodDto | undefined): string[] {
  if (!dto) return [];
  if (!(dto.schema instanceof z.ZodObject)) throw new Error(`${dto.name} must be an object schema`);
  return Object.keys(dto.schema.shape);
}
