import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { PartitionsRepository } from './partitions.repository';

/** How many months the partitions are ahead of time. */
const MONTHS_AHEAD = 2;

/**
 * Makes the monthly partitions of the readings: ahead of time, and those that a batch needs before it is stored. There is no default
 * partition, because partitions could not be detached beside one without a lock.
 */
@Injectable()
export class PartitionKeeper {
  /** Months whose partitions exist, as `yyyy-mm`. */
  private readonly months = new Set<string>();

  constructor(
    private readonly partitions: PartitionsRepository,
    @InjectPinoLogger(PartitionKeeper.name) private readonly logger: PinoLogger,
  ) {}

  /** Makes the partitions that rows of these days need. Sends no statement if they are known to exist. @param days `yyyy-mm-dd` */
  async ensure(days: readonly string[]): Promise<void> {
    const missing = new Map(days.map((day) => [monthOf(day), day]));
    for (const month of missing.keys()) if (this.months.has(month)) missing.delete(month);
    if (missing.size === 0) return;
    const made = await this.partitions.make([...missing.values()]);
    for (const month of missing.keys()) this.months.add(month);
    if (made > 0) this.logger.info({ months: [...missing.keys()], made }, 'partitions for readings are made');
  }

  /** Makes the partitions of this month and the next ones. Never rejects: what is missing then is made for the batch that needs it. */
  async keepAhead(now = new Date()): Promise<void> {
    const days = Array.from({ length: MONTHS_AHEAD + 1 }, (_, months) =>
      new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1)).toISOString().slice(0, 10),
    );
    try {
      await this.ensure(days);
    } catch (error) {
      this.logger.warn({ err: error }, 'the partitions of the next months cannot be made, trying again later');
    }
  }

  /** Call it when a partition turns out to be missing: then `ensure` looks again. */
  forget(): void {
    this.months.clear();
  }
}

function monthOf(day: string): string {
  return day.slice(0, 7);
}
