import { createZodValidationPipe } from 'nestjs-zod';
import { ZodError } from 'zod';
import type { z } from 'zod';
import type { ErrorDetail } from './error.dto';

/** A request that does not have the documented shape. */
export class RequestInvalidError extends Error {
  override readonly name = 'RequestInvalidError';

  constructor(readonly details: ErrorDetail[]) {
    super('The request is not valid');
  }
}

/** Refuses what does not fit the DTO of a body, a query or a path. Every handler's argument must have one. */
export const RequestValidationPipe = createZodValidationPipe({
  strictSchemaDeclaration: true,
  createValidationException: (error) => {
    if (error instanceof ZodError) return new RequestInvalidError(toDetails(error));
    throw error;
  },
});

/** One detail for each field, unknown fields included: each is named, so that none is lost in silence. */
export function toDetails(error: ZodError): ErrorDetail[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => detail([...issue.path, key], 'is not a known field', issue.code))
      : [detail(issue.path, issue.message, issue.code)],
  );
}

function detail(path: z.core.$ZodIssue['path'], message: string, code: string): ErrorDetail {
  return { path: path.map(String).join('.'), message, code };
}
