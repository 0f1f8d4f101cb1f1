import type { z, ZodError } from 'zod';
import type { ErrorDetail } from './error.dto';

/** The message of every VALIDATION_ERROR; its details say what is wrong. */
export const REQUEST_INVALID = 'The request is not valid';

/** A request that does not have the documented shape. */
export class RequestInvalidError extends Error {
  override readonly name = 'RequestInvalidError';

  constructor(readonly details: ErrorDetail[]) {
    super(REQUEST_INVALID);
  }
}

/** Limits the size of the response: a body or a query can hold thousands of unknown fields. */
export const MAX_DETAILS = 100;

/** Parses a part of a request with the schema of a DTO. @throws RequestInvalidError */
export function parseInput(schema: z.ZodType, value: unknown): unknown {
  // The only field that Zod ignores silently, known or not.
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
    throw new RequestInvalidError([unknownField(['__proto__'])]);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new RequestInvalidError(toDetails(parsed.error));
  return parsed.data;
}

/** One detail for each field, at most `MAX_DETAILS`. Unknown fields are named too, so that none is dropped silently. */
export function toDetails(error: ZodError): ErrorDetail[] {
  const details = new Map<string, ErrorDetail>();
  for (const issue of error.issues) {
    if (details.size >= MAX_DETAILS) break;
    const found =
      issue.code === 'unrecognized_keys'
        ? issue.keys.slice(0, MAX_DETAILS).map((key) => unknownField([...issue.path, key]))
        : [detail(issue.path, issue.message, issue.code)];
    for (const each of found) if (!details.has(each.path)) details.set(each.path, each); // The first is the most important one.
  }
  return [...details.values()].slice(0, MAX_DETAILS);
}

function unknownField(path: z.core.$ZodIssue['path']): ErrorDetail {
  return detail(path, 'is not a known field', 'unrecognized_keys');
}

function detail(path: z.core.$ZodIssue['path'], message: string, code: string): ErrorDetail {
  return { path: path.map(String).join('.'), message, code };
}
