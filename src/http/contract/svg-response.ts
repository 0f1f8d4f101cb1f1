import { ApiOkResponse } from '@nestjs/swagger';

/** Declares the response of a handler that returns an image. */
export function SvgResponse(): MethodDecorator {
  const content = { 'image/svg+xml': { schema: { type: 'string' } } };
  return ApiOkResponse({ description: 'The image', content });
}
