import type { Moment } from '../common/clock';
import type { WriteBehind } from '../database/write-behind';
import type { WaitingEvent } from './connection-event.entity';
import { fold, isOver } from './event-folding';
import type { FoldingWindow } from './event-folding';

/**
 * Adds changes to the rows that are pending to be written: at most `maxRows`, plus one for each gateway. When that many are pending,
 * further changes are folded into existing rows, which keeps the number of changes and the latest state.
 */
export class EventBuffer {
  private readonly windows = new Map<string, FoldingWindow>();

  /** @param rows the pending rows by id, oldest first */
  constructor(
    private readonly rows: WriteBehind<string, WaitingEvent>,
    private readonly maxRows: number,
  ) {}

  /** Number of gateways with a folding window. */
  get windowCount(): number {
    return this.windows.size;
  }

  add(change: WaitingEvent): void {
    const window = fold(this.windows.get(change.gatewayId) ?? null, change, this.rows.size >= this.maxRows);
    this.windows.set(change.gatewayId, window);
    this.rows.note(window.last.id, window.last);
  }

  /** Drops the windows of these gateways: a later change begins a row of its own. */
  forget(isForgotten: (gatewayId: string) => boolean): void {
    for (const gatewayId of this.windows.keys()) if (isForgotten(gatewayId)) this.windows.delete(gatewayId);
  }

  /** Drops windows whose minute has passed, except those whose last row is pending: a full buffer folds into it. */
  forgetPast(now: Moment): void {
    for (const [gatewayId, window] of this.windows) {
      if (isOver(window, now) && !this.rows.has(window.last.id)) this.windows.delete(gatewayId);
    }
  }
}
