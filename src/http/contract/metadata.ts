import { z } from 'zod';
import type { JsonValue, Metadata } from '../../common/metadata';
import { isStorableText, STORABLE } from './fields';

const MAX_BYTES = 16 * 1024;
const MAX_DEPTH = 16;
/** A value takes at least two bytes of JSON, so 16 KiB hold no more than this. */
const MAX_VALUES = 8192;
const TOO_LARGE = 'must not be larger than 16 KiB';

// A parsed JSON value is never undefined, which `unknown` cannot express.
const jsonValue = z.unknown() as z.ZodType<JsonValue>;

/** An object of any shape that JSON and PostgreSQL preserve exactly. */
export const metadata = z
  .preprocess(
    (value, context) => {
      if (!hasTooManyValues(value)) return value;
      context.addIssue({ code: 'custom', message: TOO_LARGE });
      return z.NEVER;
    },
    z.record(z.string(), jsonValue).superRefine((value, context) => {
      const problem = metadataProblem(value);
      if (problem) context.addIssue({ code: 'custom', message: problem });
    }),
  )
  .meta({
    description: 'Any JSON object of at most 16 KiB and 16 levels. The service stores it and does not read it',
    example: { rack: 'B4' },
  });

/** The same in a response, without checks. */
export const storedMetadata = z.record(z.string(), jsonValue).meta({ example: { rack: 'B4' } });

/** Runs before any other check and stops at the limit, so that rejecting a huge object stays cheap. */
function hasTooManyValues(root: unknown): boolean {
  const waiting: unknown[] = [root];
  let count = 0;
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const key in value) {
      count += 1;
      if (count > MAX_VALUES) return true;
      const child = (value as Record<string, unknown>)[key];
      if (typeof child === 'object' && child !== null) waiting.push(child);
    }
  }
  return false;
}

function metadataProblem(value: Metadata): string | null {
  // The depth is checked before later steps recurse: a body can nest deeply enough to overflow the stack.
  let level: unknown[] = [value];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return `must not be nested deeper than ${MAX_DEPTH} levels`;
    const next: unknown[] = [];
    for (const item of level) {
      for (const [key, child] of Object.entries(item as object) as [string, unknown][]) {
        if (!isStorableText(key)) return STORABLE;
        if (typeof child === 'string' && !isStorableText(child)) return STORABLE;
        if (typeof child === 'number' && !isExactNumber(child)) {
          return 'must not contain numbers beyond ±9007199254740991; send them as text';
        }
        if (typeof child === 'object' && child !== null) next.push(child);
      }
    }
    level = next;
  }
  return Buffer.byteLength(JSON.stringify(value)) > MAX_BYTES ? TOO_LARGE : null;
}

/** Parsing has already rounded larger whole numbers, or made them Infinity: the original value is lost. */
function isExactNumber(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}
