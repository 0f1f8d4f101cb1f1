import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { atMost } from '../common/at-most';
import { Outage } from '../database/outage';
import { WriteBehind } from '../database/write-behind';
import { AuditRepository } from './audit.repository';
import type { Act } from './audit.repository';

const RETRY_MS = 60_000;
const BATCH_SIZE = 500;
/** How many acts wait for the database at most; more are only in the log of requests. */
const MAX_PENDING = 10_000;
const FINAL_FLUSH_MS = 1000;

/** Records acts that must be possible while the database is away, such as signing in. Stored at once if it can be, otherwise later. */
@Injectable()
export class LateRecords implements BeforeApplicationShutdown {
  private readonly acts: WriteBehind<number, Act>;
  private count = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(records: AuditRepository, @InjectPinoLogger(LateRecords.name) logger: PinoLogger) {
    this.acts = new WriteBehind({
      batchSize: BATCH_SIZE,
      merge: (_earlier, later) => later,
      store: async (batch) => {
        await records.store([...batch.values()]);
        return [];
      },
      outage: new Outage((error) => logger.warn({ err: error }, 'acts cannot be recorded, trying again later')),
    });
  }

  note(act: Act): void {
    if (this.acts.size >= MAX_PENDING) return;
    this.acts.note(this.count++, act);
    void this.flush();
  }

  /** Stores what is pending. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    await this.acts.flush();
    if (this.acts.size > 0) this.timer = setTimeout(() => void this.flush(), RETRY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await atMost(FINAL_FLUSH_MS, this.flush());
    clearTimeout(this.timer);
  }
}
