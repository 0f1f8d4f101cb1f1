import { Inject, Injectable, Optional } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { atMost } from '../common/at-most';
import { timeOf } from '../common/clock';
import { Outage } from '../database/outage';
import { WriteBehind } from '../database/write-behind';
import type { AmongGateways } from '../status/while-holding';
import { Ownership } from '../ownership/ownership';
import type { StateChange } from '../status/state-change';
import { StateChanges } from '../status/state-changes';
import type { NewConnectionEvent, WaitingEvent } from './connection-event.entity';
import { ConnectionEventsRepository } from './connection-events.repository';
import { EventBuffer } from './event-buffer';

const MAX_WAITING_ROWS = 50_000;
const ROWS_PER_STATEMENT = 2000;
/** A shutdown has ten seconds in all. */
const LAST_FLUSH_MS = 2000;

/** Records every state change of every connection. Stores many in one statement, and never while a state change is handled. */
@Injectable()
export class ConnectionHistory {
  private readonly outage = new Outage((error) =>
    this.logger.warn({ err: error }, 'connection events cannot be stored, keeping them'),
  );
  private readonly rows = new WriteBehind<string, WaitingEvent>({
    batchSize: ROWS_PER_STATEMENT,
    merge: (_, later) => later, // A row that grew stands for the changes of the earlier one too.
    store: (batch) => this.store([...batch.values()]),
    outage: this.outage,
  });
  private readonly buffer = new EventBuffer(this.rows, MAX_WAITING_ROWS);
  /** Null if this process has every gateway. */
  private readonly shared: Ownership | null;
  private stopHearing: (() => void) | null = null;

  constructor(
    private readonly changes: StateChanges,
    private readonly events: ConnectionEventsRepository,
    @InjectPinoLogger(ConnectionHistory.name) private readonly logger: PinoLogger,
    /** Without it, this process runs alone. */
    @Optional() @Inject(Ownership) ownership: Ownership | null = null,
  ) {
    this.shared = ownership?.isShared ? ownership : null;
  }

  /** Rows that wait to be stored, and statements that have failed since the start of the process. */
  get figures(): { readonly waiting: number; readonly failures: number } {
    return { waiting: this.rows.size, failures: this.outage.failures };
  }

  /** Call before `start`, so that new changes get ids greater than all stored ones. Rejects when the table cannot be read. */
  async resumeFromTable(): Promise<void> {
    this.changes.continueAfter(await this.events.findGreatestId());
  }

  /** Records every state change from now on. */
  start(): void {
    this.stopHearing ??= this.changes.subscribe((change) => this.buffer.add(this.toEvent(change)));
  }

  /** Stops recording at once, then writes what is pending, for `LAST_FLUSH_MS` at most. Never rejects. */
  async stop(): Promise<void> {
    this.stopHearing?.();
    this.stopHearing = null;
    await this.flushLast();
  }

  /** Another process records the changes of these gateways. */
  leave(isLeft: AmongGateways): void {
    this.buffer.forget(isLeft);
  }

  /** Like `flush`, for `LAST_FLUSH_MS` at most. */
  flushLast(): Promise<void> {
    return this.flushWithin(LAST_FLUSH_MS);
  }

  /** Writes the changes recorded before the call. Never rejects; what cannot be written stays pending. */
  flush(): Promise<void> {
    this.buffer.forgetPast(performance.now());
    return this.rows.flush();
  }

  /** Like `flush`, but waits for `ms` milliseconds at most. The write continues after that. */
  flushWithin(ms: number): Promise<void> {
    return atMost(ms, this.flush());
  }

  private toEvent({ id, gateway, from, to, at, reason, attempt }: StateChange): WaitingEvent {
    const epoch = this.shared?.latestEpochOf(gateway.id) ?? null;
    return { id, gatewayId: gateway.id, firstAt: at, at, from, to, reason, attempt, count: 1, epoch };
  }

  private async store(rows: readonly WaitingEvent[]): Promise<string[]> {
    // The previous holder of the sessions may have stored its last events after this one started.
    this.changes.continueAfter(await this.events.store(rows.map(toRow)));
    return [];
  }
}

function toRow(event: WaitingEvent): NewConnectionEvent {
  return { ...event, firstAt: timeOf(event.firstAt), at: timeOf(event.at) };
}
