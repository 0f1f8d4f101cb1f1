import { applyDecorators, HttpCode } from '@nestjs/common';
import { RouteSchema } from '@nestjs/platform-fastify';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import type { ZodDto } from './zod-dto';

/** Decorates only methods that return an `Answer`. */
export type HandlerDecorator<Answer> = <Handler extends (...args: never[]) => Answer | Promise<Answer>>(
  target: object,
  key: string,
  method: TypedPropertyDescriptor<Handler>,
) => void;

/**
 * Declares the response of a handler: its status, its schema in the OpenAPI document, and its serialiser. Fastify compiles the schema
 * to a function that writes only the declared fields, so a field that is added to an object by mistake is not sent.
 */
export function JsonResponse<Dto extends ZodDto>(status: number, dto: Dto): HandlerDecorator<z.input<Dto['schema']>> {
  return applyDecorators(
    HttpCode(status),
    ApiResponse({ status, type: dto.Output }),
    RouteSchema({ response: { [status]: jsonSchemaOf(dto.schema as z.ZodType) } }),
  );
}

/** In the dialect of Fastify's serialiser, which marks nullable values with `nullable`. */
export function jsonSchemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'output' });
}
