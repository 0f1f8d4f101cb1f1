import type { Moment } from '../../common/clock';
import type { WaitingEvent } from './connection-event.entity';
import { fold, isOver } from './event-folding';
import type { FoldingWindow } from './event-folding';

/**
 * The rows that wait to be written. Its size is bounded by `maxRows` and one row more for each gateway: when it is full,
 * further changes are folded into rows that are there, so that their number and their outcome are kept.
 */
export class EventBuffer {
  private readonly windows = new Map<string, FoldingWindow>();
  /** By id, the oldest first. */
  private readonly waiting = new Map<string, WaitingEvent>();

  constructor(private readonly maxRows: number) {}

  /** How many rows wait. */
  get size(): number {
    return this.waiting.size;
  }

  /** How many gateways it remembers for folding. */
  get windowCount(): number {
    return this.windows.size;
  }

  add(change: WaitingEvent): void {
    const window = fold(this.windows.get(change.gatewayId) ?? null, change, this.size >= this.maxRows);
    this.windows.set(change.gatewayId, window);
    this.waiting.set(window.last.id, window.last);
  }

  /** The oldest rows. They wait on until they are `written`. */
  peek(limit: number): WaitingEvent[] {
    const rows: WaitingEvent[] = [];
    for (const row of this.waiting.values()) {
      if (rows.length === limit) break;
      rows.push(row);
    }
    return rows;
  }

  /** A row that was replaced since it was peeked at waits on. */
  written(rows: readonly WaitingEvent[]): void {
    for (const row of rows) if (this.waiting.get(row.id) === row) this.waiting.delete(row.id);
  }

  /** Forgets the minutes that have passed, except those whose last row waits: a full buffer folds into it. */
  forgetPast(now: Moment): void {
    for (const [gatewayId, window] of this.windows) {
      if (isOver(window, now) && !this.waiting.has(window.last.id)) this.windows.delete(gatewayId);
    }
  }
}
