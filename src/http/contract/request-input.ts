import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { z } from 'zod';
import type { ZodDto } from './zod-dto';

/** The schemas of the request parts that a route reads. */
export interface RequestInput {
  readonly params?: z.ZodType;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The query parameters of the route. */
  readonly queryNames: readonly string[];
  /** Those that may be given more than once. */
  readonly repeatableNames: readonly string[];
}

/**
 * The schemas of the DTOs of a handler's arguments: `@Param()`, `@Query()` and `@Body()`. `checkQueryNames` and `validateInput` refuse
 * requests that do not match them. A hook validates, not a Nest pipe, because Nest awaits several promises for each argument that has a pipe.
 * @throws Error if an argument has no DTO
 */
export function inputOf(target: object, key: string | symbol): RequestInput {
  const dtoOf = dtosOf(target, key);
  const [params, query, body] = [RouteParamtypes.PARAM, RouteParamtypes.QUERY, RouteParamtypes.BODY].map(
    (type) => dtoOf(type)?.schema as z.ZodType | undefined,
  );
  if (query && !(query instanceof z.ZodObject)) throw new Error(`the query of ${String(key)} must be an object schema`);
  return {
    ...(params && { params }),
    ...(query && { query }),
    ...(body && { body }),
    queryNames: Object.keys(query?.shape ?? {}),
    repeatableNames: Object.entries<z.core.$ZodType>(query?.shape ?? {}).flatMap(([name, field]) =>
      isList(field) ? [name] : [],
    ),
  };
}

/** Whether the schema is a `queryList`. */
function isList(field: z.core.$ZodType): boolean {
  if (field instanceof z.ZodOptional) return isList(field.unwrap());
  return field instanceof z.ZodPipe ? isList(field.out) : field instanceof z.ZodArray;
}

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
