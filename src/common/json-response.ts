import { applyDecorators, HttpCode } from '@nestjs/common';
import { RouteSchema } from '@nestjs/platform-fastify';
import { ApiResponse } from '@nestjs/swagger';
import type { ZodDto } from 'nestjs-zod';
import { z } from 'zod';

/** Decorates a method that gives such an answer, and no other. */
type HandlerDecorator<Answer> = <Handler extends (...args: never[]) => Answer | Promise<Answer>>(
  target: object,
  key: string,
  method: TypedPropertyDescriptor<Handler>,
) => void;

/**
 * Declares what a handler answers with: its status, its schema in the OpenAPI document, and how it is written. Fastify compiles
 * the schema to a function that writes the fields it names, and no others: what is added to an object by mistake stays inside.
 */
export function JsonResponse<Dto extends ZodDto>(status: number, dto: Dto): HandlerDecorator<z.input<Dto['schema']>> {
  return applyDecorators(
    HttpCode(status),
    ApiResponse({ status, type: dto.Output }),
    RouteSchema({ response: { [status]: jsonSchemaOf(dto.schema as z.ZodType) } }),
  );
}

/** In the dialect that Fastify's serialiser knows, which marks what may be null by `nullable`. */
function jsonSchemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'output' });
}
