import type { EncodedReading } from '../reading';
import { sizeOfEncoded } from './reading-size';

/** Limits of one batch. */
export interface BatchLimits {
  readonly readings: number;
  readonly bytes: number;
}

/** Readings that wait in memory, the oldest first. */
export class ReadingQueue {
  private readings: EncodedReading[] = [];
  private size = 0;

  get length(): number {
    return this.readings.length;
  }

  get bytes(): number {
    return this.size;
  }

  push(reading: EncodedReading): void {
    this.readings.push(reading);
    this.size += sizeOfEncoded(reading);
  }

  /** Removes the oldest readings, until there are none or a limit is reached. */
  takeBatch(limits: BatchLimits): EncodedReading[] {
    let count = 0;
    let bytes = 0;
    for (const reading of this.readings) {
      if (count === limits.readings || bytes >= limits.bytes) break;
      bytes += sizeOfEncoded(reading);
      count += 1;
    }
    this.size -= bytes;
    return this.readings.splice(0, count);
  }

  takeAll(): EncodedReading[] {
    this.size = 0;
    return this.readings.splice(0);
  }
}
