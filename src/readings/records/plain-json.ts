/** Limits for the unknown fields of one record: their number, and of each the length of its name and its JSON, and its depth. */
const MAX_FIELDS = 64;
const MAX_NAME = 256;
const MAX_FIELD_LENGTH = 8192;
const MAX_DEPTH = 16;

/** The longest text that is kept of a record that cannot be read, in characters. */
const MAX_TEXT_LENGTH = 65_536;

/** The fields that no column holds; null if there are none. A field that is too large is replaced by a text that says so. */
export function toExtra(fields: readonly (readonly [name: string, value: unknown])[]): Record<string, unknown> | null {
  if (fields.length === 0) return null;
  const kept = new Map<string, unknown>();
  for (const [name, value] of fields.slice(0, MAX_FIELDS)) kept.set(name.slice(0, MAX_NAME), withinLimits(value));
  const left = fields.length - MAX_FIELDS;
  if (left > 0) kept.set('…', `${left} more fields, not kept`);
  return Object.fromEntries(kept);
}

/** A value as JSON, the end cut off if it is long; never throws. */
export function toText(value: unknown): string {
  const json = toJson(value);
  if (json === null) return '(nested too deeply to be written)';
  return json.length > MAX_TEXT_LENGTH ? `${json.slice(0, MAX_TEXT_LENGTH)}…` : json;
}

function withinLimits(value: unknown): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (!isWithin(value, MAX_DEPTH)) return `(not kept: nested more than ${MAX_DEPTH} times)`;
  const { length } = JSON.stringify(value);
  return length > MAX_FIELD_LENGTH ? `(not kept: ${length} characters)` : value;
}

function isWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((each) => isWithin(each, depth - 1));
}

/** `JSON.stringify` is recursive, `JSON.parse` is not: a gateway can send data that is nested too deeply to write back. */
function toJson(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}
