import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { StoredReading } from '../storage/stored-reading';

/** Called after the commit and before the next transaction, so it must not wait for anything. */
export type StoredReadingListener = (stored: StoredReading) => void;

/** The feed of records that were given to the database, in the order of their commits. */
@Injectable()
export class StoredReadings {
  private readonly listeners = new Set<StoredReadingListener>();
  /** Listeners that have thrown, each of which is logged once. */
  private readonly failed = new WeakSet<StoredReadingListener>();

  constructor(@InjectPinoLogger(StoredReadings.name) private readonly logger: PinoLogger) {}

  /** Calls the listener for each stored record from now on. @returns a function that ends this */
  subscribe(listener: StoredReadingListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Never throws: a listener that throws affects neither the ingest nor the other listeners. */
  publish(batch: readonly StoredReading[]): void {
    for (const stored of batch) for (const listener of this.listeners) this.tell(listener, stored);
  }

  private tell(listener: StoredReadingListener, stored: StoredReading): void {
    try {
      listener(stored);
    } catch (error) {
      if (this.failed.has(listener)) return;
      this.failed.add(listener);
      this.logger.error({ err: error }, 'a listener of stored readings failed');
    }
  }
}
