import type { HistoryWindow } from '../protocol/frames';

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}/;

/**
 * Whether the records of a reply may be the answer to a question: every serial is one of those asked for, and every day lies within the
 * window, give or take a day, because the gateway's zone is unknown. Records that cannot be read do not count.
 */
export function isWithin({ serials = [], from, to }: HistoryWindow, data: unknown): boolean {
  const [first, last] = [shifted(from, -DAY_MS), shifted(to, DAY_MS)];
  for (const record of recordsOf(data)) {
    const serial = toSerial(record.Serial);
    if (serial !== null && serials.length > 0 && !serials.includes(serial)) return false;
    const day = typeof record.Time === 'string' ? DAY.exec(record.Time.trim())?.[0] : undefined;
    if (day !== undefined && ((first !== null && day < first) || (last !== null && day > last))) return false;
  }
  return true;
}

/** Whether a notification is about this sensor. */
export function namesSerial(data: unknown, serial: number): boolean {
  return recordsAbout(data, serial).length > 0;
}

/** The records in a frame's data that name this sensor. */
export function recordsAbout(data: unknown, serial: number): object[] {
  return recordsOf(data).filter((record) => toSerial(record.Serial) === serial);
}

/** The fields that say what a record is about. */
interface Subject {
  readonly Serial?: unknown;
  readonly Time?: unknown;
}

/** The records of a reply or a notification: the data itself if it has a serial, otherwise the objects in it, or in a list in it. */
function recordsOf(data: unknown): Subject[] {
  if (!isObject(data)) return [];
  if (!Array.isArray(data) && 'Serial' in data) return [data];
  return Object.values(data)
    .flatMap((value: unknown) => (Array.isArray(value) && !Array.isArray(data) ? (value as unknown[]) : [value]))
    .filter(isObject);
}

function isObject(value: unknown): value is Subject {
  return typeof value === 'object' && value !== null;
}

function toSerial(value: unknown): number | null {
  const serial = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
  return typeof serial === 'number' && Number.isSafeInteger(serial) ? serial : null;
}

function shifted(day: string | undefined, ms: number): string | null {
  const time = day === undefined ? NaN : Date.parse(day);
  return Number.isNaN(time) ? null : new Date(time + ms).toISOString().slice(0, 10);
}
