import type { ListPosition, Page, PageRequest } from '../common/page';
import type { ConnectionRecord } from './connection-record';

interface Position {
  readonly name: string;
  readonly bytes: Buffer;
  readonly id: string;
}

type Compare = (a: Position, b: Position) => number;

/** English uses the rules of ICU's root locale unchanged. */
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'accent' });

/** The same orders as lists sorted by SQL: by the bytes of the name, or by the collation `natural_ci`, which is deterministic. */
const COMPARE = {
  name: (a, b) => a.bytes.compare(b.bytes),
  name_ci: (a, b) => collator.compare(a.name, b.name) || a.bytes.compare(b.bytes),
} satisfies Record<string, Compare>;

/** Connections sorted by name, then by id. */
export class ConnectionList {
  private constructor(
    private readonly records: readonly ConnectionRecord[],
    private readonly compare: Compare,
  ) {}

  static sorted(key: keyof typeof COMPARE, records: Iterable<ConnectionRecord>): ConnectionList {
    const compare = COMPARE[key];
    const sorted = Array.from(records, (record) => ({ record, position: positionOf(record.gateway) })).sort(
      (a, b) => compare(a.position, b.position) || compareIds(a.position, b.position),
    );
    return new ConnectionList(
      sorted.map(({ record }) => record),
      compare,
    );
  }

  filter(matches: (record: ConnectionRecord) => boolean): ConnectionList {
    return new ConnectionList(this.records.filter(matches), this.compare);
  }

  page({ limit, offset, after }: PageRequest, isDescending: boolean): Page<ConnectionRecord> {
    const { length } = this.records;
    const start = after ? this.countUpTo(after, isDescending) : Math.min(offset, length);
    const end = Math.min(start + limit, length);
    const items = isDescending
      ? this.records.slice(length - end, length - start).reverse()
      : this.records.slice(start, end);
    const last = items.at(-1)?.gateway;
    const next = last && end < length ? { key: last.name, id: last.id } : undefined;
    return { items, total: after?.total ?? length, ...(next && { next }) };
  }

  /** Number of records up to and including this position, in the direction of the list. A binary search. */
  private countUpTo({ key, id }: ListPosition, isDescending: boolean): number {
    const position = positionOf({ name: key, id });
    let [low, high] = [0, this.records.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.records[middle];
      if (!record) break;
      const probe = positionOf(record.gateway);
      const order = this.compare(probe, position) || compareIds(probe, position);
      if (order < 0 || (order === 0 && !isDescending)) low = middle + 1;
      else high = middle;
    }
    return isDescending ? this.records.length - low : low;
  }
}

function positionOf({ name, id }: { name: string; id: string }): Position {
  return { name, bytes: Buffer.from(name), id };
}

function compareIds(a: Position, b: Position): number {
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}
