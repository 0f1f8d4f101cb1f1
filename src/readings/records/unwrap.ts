/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** A record as it was found in a frame. */
export interface WrappedRecord {
  /** The record; not an object if the frame has something else in its place. */
  readonly value: unknown;
  /** The number under which the record stands in an object, if that may be its ID. */
  readonly fallbackId: number | null;
}

/** Records that are wrapped more deeply are not looked for. */
const MAX_DEPTH = 4;

/** A record has at least one of these. Lists and wrappers have none of them. */
const RECORD_FIELDS = ['Serial', 'ID', 'Time', 'X', 'Y', 'Z', 'Temp', 'Batt'];

const INDEX = /^(?:0|[1-9]\d{0,14})$/;

/**
 * Finds the records in the data of a frame: a record itself, an array of records, an object of records, or an object around one of
 * these. The order is that of the frame, except that an object lists its numbered keys first and by number, as JavaScript does.
 */
export function unwrapRecords(data: unknown): WrappedRecord[] {
  const found: WrappedRecord[] = [];
  if (data === null || data === undefined) return found;
  collect(data, null, 0, found);
  // A frame that is not empty, but holds no record, is itself what cannot be read.
  if (found.length === 0 && !isEmpty(data)) found.push({ value: data, fallbackId: null });
  return found;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function collect(value: unknown, fallbackId: number | null, depth: number, found: WrappedRecord[]): void {
  if (isObject(value) && RECORD_FIELDS.some((name) => Object.hasOwn(value, name))) found.push({ value, fallbackId });
  else if (depth === MAX_DEPTH) found.push({ value, fallbackId: null });
  else if (Array.isArray(value)) collectItems(value, depth, found);
  else if (isObject(value)) collectValues(value, depth, found);
}

function collectItems(items: readonly unknown[], depth: number, found: WrappedRecord[]): void {
  for (const item of items) {
    if (typeof item === 'object' && item !== null) collect(item, null, depth + 1, found);
    // Null has nothing in it that could be lost.
    else if (item !== null) found.push({ value: item, fallbackId: null });
  }
}

/** Values that are no objects are facts about the list, such as their number. */
function collectValues(values: Fields, depth: number, found: WrappedRecord[]): void {
  const keys = Object.keys(values);
  // Keys that count from zero are positions in a list: as IDs, they would stand for other records in every frame.
  const arePositions = keys.every((key, index) => key === String(index));
  for (const key of keys) {
    const value = values[key];
    if (typeof value !== 'object' || value === null) continue;
    collect(value, !arePositions && INDEX.test(key) ? Number(key) : null, depth + 1, found);
  }
}

/** Whether it holds nothing but null and empty lists. */
function isEmpty(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  return Object.values(data).every(
    (value) => value === null || (typeof value === 'object' && Object.keys(value as object).length === 0),
  );
}
