import type { Moment } from '../common/clock';
import type { WaitingEvent } from './connection-event.entity';
import { fold, isOver } from './event-folding';
import type { FoldingWindow } from './event-folding';

/**
 * The rows that are pending to be written: at most `maxRows`, plus one for each gateway. When it is full, further changes are folded
 * into existing rows, which keeps the number of changes and the latest state.
 */
export class EventBuffer {
  private readonly windows = new Map<string, FoldingWindow>();
  /** By id, oldest first. */
  private readonly waiting = new Map<string, WaitingEvent>();

  constructor(private readonly maxRows: number) {}

  /** Number of pending rows. */
  get size(): number {
    return this.waiting.size;
  }

  /** Number of gateways with a folding window. */
  get windowCount(): number {
    return this.windows.size;
  }

  add(change: WaitingEvent): void {
    const window = fold(this.windows.get(change.gatewayId) ?? null, change, this.size >= this.maxRows);
    this.windows.set(change.gatewayId, window);
    this.waiting.set(window.last.id, window.last);
  }

  /** The oldest rows. They stay pending until they are passed to `written`. */
  peek(limit: number): WaitingEvent[] {
    const rows: WaitingEvent[] = [];
    for (const row of this.waiting.values()) {
      if (rows.length === limit) break;
      rows.push(row);
    }
    return rows;
  }

  /** Removes rows that were written. A row that was replaced since `peek` stays pending. */
  written(rows: readonly WaitingEvent[]): void {
    for (const row of rows) if (this.waiting.get(row.id) === row) this.waiting.delete(row.id);
  }

  /** Drops windows whose minute has passed, except those whose last row is pending: a full buffer folds into it. */
  forgetPast(now: Moment): void {
    for (const [gatewayId, window] of this.windows) {
      if (isOver(window, now) && !this.waiting.has(window.last.id)) this.windows.delete(gatewayId);
    }
  }
}
