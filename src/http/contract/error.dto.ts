import { z } from 'zod';
import { createZodDto } from './zod-dto';

const errorDetail = z.object({
  path: z.string().meta({ description: 'The field, such as `url` or `metadata.rack`', example: 'url' }),
  message: z.string().meta({ example: 'must be a ws:// or wss:// URL with a host' }),
  code: z.string().meta({ description: 'Kind of problem; stable', example: 'custom' }),
});

export type ErrorDetail = z.output<typeof errorDetail>;

/** The envelope of every error. */
export class ErrorDto extends createZodDto(
  z
    .object({
      error: z.object({
        code: z.string().meta({ description: 'Stable: branch on this', example: 'VALIDATION_ERROR' }),
        message: z.string().meta({ description: 'For people; may change', example: 'The request is not valid' }),
        statusCode: z.int().meta({ description: 'The HTTP status', example: 400 }),
        details: z.array(errorDetail).optional().meta({ description: 'The fields that the error is about' }),
      }),
    })
    .meta({ id: 'Error' }),
) {}

/** Builds the envelope that every error travels in. */
export function errorEnvelope(statusCode: number, code: string, message: string, details?: ErrorDetail[]): ErrorDto {
  return { error: { code, message, statusCode, ...(details && { details }) } };
}
