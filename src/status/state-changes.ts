import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { ChangeIds } from './change-ids';
import type { ObservedRecord } from './connection-record';
import type { ConnectionState } from './connection-state';
import { toStateChange } from './state-change';
import type { StateChange } from './state-change';

/** Called within the change, so it must not wait for anything. */
export type StateChangeListener = (change: StateChange) => void;

/** The feed of all state changes, in order: whatever wants to hear of them subscribes here. */
@Injectable()
export class StateChanges {
  private readonly ids = new ChangeIds();
  private readonly listeners = new Set<StateChangeListener>();
  /** Listeners that have thrown, each of which is logged once. */
  private readonly failed = new WeakSet<StateChangeListener>();

  constructor(@InjectPinoLogger(StateChanges.name) private readonly logger: PinoLogger) {}

  /** Calls the listener for each state change from now on, in the order of subscription. @returns a function that ends this */
  subscribe(listener: StateChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Makes the change and tells every listener. Never throws: a listener that throws affects neither the session nor the other
   * listeners.
   * @param record has the new state
   */
  publish(record: ObservedRecord, from: ConnectionState): void {
    const change = this.make(record, from);
    for (const listener of this.listeners) this.tell(listener, change);
  }

  /** Makes the change without telling anybody. @param record has the new state */
  make(record: ObservedRecord, from: ConnectionState): StateChange {
    return toStateChange(this.ids.next(), record, from);
  }

  /** Makes all further ids greater than `id`, which another process may have stored; null has no effect. */
  continueAfter(id: string | null): void {
    this.ids.continueAfter(id);
  }

  private tell(listener: StateChangeListener, change: StateChange): void {
    try {
      listener(change);
    } catch (error) {
      if (this.failed.has(listener)) return;
      this.failed.add(listener);
      this.logger.error({ err: error }, 'a listener of state changes failed');
    }
  }
}
