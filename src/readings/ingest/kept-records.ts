import type { Outage } from '../../database/outage';
import type { RecordToKeep } from '../storage/kept-records.repository';
import { failureOf } from './store-failure';

/** Limits of what waits in memory. */
const MAX_RECORDS = 1000;
const MAX_CHARACTERS = 4 * 1024 * 1024;

export interface KeptRecordsOptions {
  readonly store: (records: readonly RecordToKeep[]) => Promise<void>;
  /** Told of every statement. */
  readonly outage: Outage;
  readonly onLost: (records: number, error: unknown) => void;
}

/** Records that cannot be stored as readings, on their way into their table. */
export class KeptRecords {
  private waiting: RecordToKeep[] = [];
  private characters = 0;
  private running: Promise<void> | null = null;

  constructor(private readonly options: KeptRecordsOptions) {}

  get length(): number {
    return this.waiting.length;
  }

  add(record: RecordToKeep): void {
    if (this.waiting.length >= MAX_RECORDS || this.characters + record.text.length > MAX_CHARACTERS) {
      return this.options.onLost(1, new Error('too many records wait to be stored'));
    }
    this.waiting.push(record);
    this.characters += record.text.length;
  }

  /** Stores what waits. Never rejects; what cannot be stored now goes on waiting. */
  flush(): Promise<void> {
    if (this.waiting.length === 0) return this.running ?? Promise.resolve();
    this.running ??= this.storeWaiting().finally(() => (this.running = null));
    return this.running;
  }

  private async storeWaiting(): Promise<void> {
    const batch = this.waiting.slice();
    if (!(await this.storeOrGiveUp(batch))) return;
    this.waiting.splice(0, batch.length);
    this.characters -= batch.reduce((sum, { text }) => sum + text.length, 0);
  }

  /** One that PostgreSQL refuses must not take the others with it. @returns false if they must go on waiting */
  private async storeOrGiveUp(batch: readonly RecordToKeep[]): Promise<boolean> {
    try {
      await this.options.outage.watch(() => this.options.store(batch));
      return true;
    } catch (error) {
      if (failureOf(error) === 'outage') return false;
      if (batch.length === 1) this.options.onLost(1, error);
      for (const record of batch.length > 1 ? batch : []) {
        if (!(await this.storeOrGiveUp([record]))) return false;
      }
      return true;
    }
  }
}
