import type { Day, HistoryRequest } from './history';

/** How a gateway of the tests differs from what its documentation says. */
export interface Quirks {
  readonly sensors: number;
  readonly numbering: 'gateway' | 'sensor' | 'none' | 'disjoint';
  /** What is added to the numbers of notifications, if they are `disjoint`. */
  readonly offset: number;
  /** The largest step between two numbers. */
  readonly step: number;
  readonly isEndInclusive: boolean;
  readonly isStartInclusive: boolean;
  readonly largestReply: number;
  readonly ignoresSerials: boolean;
  readonly order: 'newest_first' | 'newest_last' | 'oldest_first';
  /** Records that it keeps. */
  readonly depth: number;
  readonly recordBytes: number;
}

export interface SimulatedRecord {
  /** What tells the record from all others, whatever its number. */
  readonly content: number;
  readonly serial: number;
  readonly day: Day;
  readonly historyId: number | null;
  readonly liveId: number | null;
}

export const FIRST_DAY: Day = 20_000;

/** The history of one kind that a gateway keeps, in memory. */
export class SimulatedHistory {
  today = FIRST_DAY;
  /** Oldest first. */
  records: SimulatedRecord[] = [];
  /** Let go because the history was full. */
  readonly dropped: SimulatedRecord[] = [];
  private lastIds = new Map<number, number>();
  private made = 0;

  constructor(readonly quirks: Quirks) {}

  get serials(): number[] {
    return Array.from({ length: this.quirks.sensors }, (_, i) => 100 + i);
  }

  measure(sensor: number, skip: number): SimulatedRecord {
    const { numbering, offset, step, depth } = this.quirks;
    const serial = 100 + (sensor % this.quirks.sensors);
    const series = numbering === 'sensor' ? serial : 0;
    const id = (this.lastIds.get(series) ?? 0) + 1 + (skip % step);
    this.lastIds.set(series, id);
    this.made += 1;
    const record: SimulatedRecord = {
      content: this.made,
      serial,
      day: this.today,
      historyId: numbering === 'none' ? null : id,
      liveId: numbering === 'none' ? null : numbering === 'disjoint' ? Math.max(1, id + offset) : id,
    };
    this.records.push(record);
    while (this.records.length > depth) this.dropped.push(...this.records.splice(0, 1));
    return record;
  }

  /** Rows that an operator of the gateway deletes. */
  delete(which: readonly number[]): void {
    for (const index of which) if (this.records.length > 1) this.records.splice(index % this.records.length, 1);
  }

  restartNumbering(): void {
    this.lastIds = new Map();
  }

  answer({ serials, start, end, max }: HistoryRequest): SimulatedRecord[] {
    const { isStartInclusive, isEndInclusive, ignoresSerials, order, largestReply } = this.quirks;
    const fitting = this.records
      .filter(({ serial }) => serials.length === 0 || ignoresSerials || serials.includes(serial))
      .filter(({ day }) => start === null || (isStartInclusive ? day >= start : day > start))
      .filter(({ day }) => end === null || (isEndInclusive ? day <= end : day < end));
    const size = Math.min(max, largestReply);
    if (order === 'oldest_first') return fitting.slice(0, size);
    const newest = fitting.slice(-size);
    return order === 'newest_last' ? newest : newest.reverse();
  }
}
