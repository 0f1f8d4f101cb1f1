import { applyDecorators } from '@nestjs/common';
import type { StreamableFile } from '@nestjs/common';
import { RouteSchema } from '@nestjs/platform-fastify';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { z } from 'zod';
import { jsonSchemaOf } from './json-response';
import type { HandlerDecorator } from './json-response';
import type { ZodDto } from './zod-dto';

/** What a handler returns: JSON, a file, or nothing if the client has it already. */
export type JsonOrFile<Dto extends ZodDto> = z.input<Dto['schema']> | StreamableFile | undefined;

interface FileOptions {
  readonly description: string;
  /** Media types of text, besides JSON. */
  readonly texts?: readonly string[];
  readonly binaries?: readonly string[];
  /** Headers of every answer, with what they mean. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Declares the response of a handler that returns JSON by default, and files on request. JSON is serialised as with `JsonResponse`. */
export function FileResponse<Dto extends ZodDto>(
  dto: Dto,
  { description, texts = [], binaries = [], headers = {} }: FileOptions,
): HandlerDecorator<JsonOrFile<Dto>> {
  const text = { schema: { type: 'string' } };
  const binary = { schema: { type: 'string', format: 'binary' } };
  return applyDecorators(
    ApiExtraModels(dto.Output),
    ApiResponse({
      status: 200,
      description,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, about]) => [name, { description: about, schema: { type: 'string' } }]),
      ),
      content: {
        'application/json': { schema: { $ref: getSchemaPath(dto.Output) } },
        ...Object.fromEntries(texts.map((type) => [type, text])),
        ...Object.fromEntries(binaries.map((type) => [type, binary])),
      },
    }),
    RouteSchema({ response: { 200: jsonSchemaOf(dto.schema as z.ZodType) } }),
  );
}
