import { z } from 'zod';
import type { TimeFormat } from './gateway-clock';
import type { RangeSet } from './range-set';
import type { Channel, RecordIds } from './record-ids';
import type { RecordLog } from './record-log';
import { recordKinds, valueOf } from './records';
import type { RecordKind, StoredRecord } from './records';

const MAX_LIMIT = 10_000;

/** Which part of the ledger to show. As query parameters, numbers are text. */
export const ledgerQuerySchema = z.strictObject({
  kind: z.enum(recordKinds).default('reading'),
  serial: z.coerce.number().int().optional(),
  /** Records measured at this time or later. */
  since: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional(),
  /** Records with lower numbers: the next page. */
  before: z.coerce.number().int().optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(1000),
});
export type LedgerQuery = z.output<typeof ledgerQuerySchema>;

/** One record that was generated. */
export interface LedgerEntry {
  readonly number: number;
  /** Its `ID` in the history, and in a notification. */
  readonly id: number | null;
  readonly notified_id: number | null;
  readonly serial: number;
  /** When it was measured, by the true clock. */
  readonly at: string;
  /** Its `Time` to the minute, unless the clock is set to another format. */
  readonly time: string;
  readonly scheduled: boolean;
  /** A history request can find it now. */
  readonly held: boolean;
  readonly deleted: boolean;
  /** Sent in a notification, and in an answer to a history request, at least once. Sent is not received. */
  readonly notified: boolean;
  readonly returned: boolean;
  /** Temperature or charge; null for vibration. */
  readonly value: number | null;
  /** Points per axis; null for other kinds. */
  readonly samples: number | null;
}

/** What one gateway generated and sent of one kind. Ranges are pairs of numbers, both inclusive. */
export interface Ledger {
  readonly kind: RecordKind;
  /** All records ever: they have the numbers 1 to this. */
  readonly generated: number;
  /** Number of the oldest record that a history request can find; null if there is none. */
  readonly oldest_held: number | null;
  readonly notified: RangeSet;
  readonly returned: RangeSet;
  readonly deleted: RangeSet;
  /** The newest first. */
  readonly records: readonly LedgerEntry[];
  /** Pass it as `before` for the next page; null if there is none. */
  readonly next_before: number | null;
}

/** Where a ledger is read from. */
export interface LedgerSource {
  readonly log: RecordLog;
  readonly ids: RecordIds;
  readonly sent: Readonly<Record<Channel, Readonly<Record<RecordKind, RangeSet>>>>;
  /** True epoch milliseconds. */
  now(): number;
  timeOf(record: StoredRecord, usual: TimeFormat): string;
}

export function ledgerOf(source: LedgerSource, query: Partial<LedgerQuery>): Ledger {
  const { kind = 'reading', serial, since = -Infinity, before = Infinity, limit = 1000 } = query;
  const { log, sent } = source;
  const now = source.now();
  const oldest = log.oldestHeld(kind, now);
  const records: LedgerEntry[] = [];
  let next: number | null = null;
  for (const record of log.timelines[kind].newestFirst(now)) {
    if (record.at < since) break;
    if (record.number >= before || (serial !== undefined && record.serial !== serial)) continue;
    if (records.length === limit) {
      next = records.at(-1)?.number ?? null;
      break;
    }
    records.push(entryOf(source, record, oldest));
  }
  return {
    kind,
    generated: log.timelines[kind].count(now),
    oldest_held: oldest,
    notified: sent.notification[kind],
    returned: sent.history[kind],
    deleted: log.deleted[kind],
    records,
    next_before: next,
  };
}

function entryOf(source: LedgerSource, record: StoredRecord, oldest: number | null): LedgerEntry {
  const { log, ids, sent } = source;
  const { kind, number, serial, at, scheduled, settings } = record;
  const isDeleted = log.deleted[kind].has(number);
  return {
    number,
    id: ids.idOf(record, 'history'),
    notified_id: ids.idOf(record, 'notification'),
    serial,
    at: new Date(at).toISOString(),
    time: source.timeOf(record, 'minute'),
    scheduled,
    held: oldest !== null && number >= oldest && !isDeleted,
    deleted: isDeleted,
    notified: sent.notification[kind].has(number),
    returned: sent.history[kind].has(number),
    value: valueOf(record),
    samples: kind === 'reading' ? settings.samples : null,
  };
}
