import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { KeptRecordsRepository } from './kept-records.repository';
import { PartitionKeeper } from './partition-keeper';

/** What must be done now and then for the tables of readings. */
@Injectable()
export class ReadingsUpkeep {
  constructor(
    private readonly partitions: PartitionKeeper,
    private readonly keptRecords: KeptRecordsRepository,
    @InjectPinoLogger(ReadingsUpkeep.name) private readonly logger: PinoLogger,
  ) {}

  /** Makes the partitions of the next months, and deletes old unreadable records. Never rejects. */
  async run(): Promise<void> {
    await this.partitions.keepAhead();
    try {
      const expired = await this.keptRecords.expire();
      if (expired > 0) this.logger.info({ expired }, 'old unreadable records are deleted');
    } catch (error) {
      this.logger.warn({ err: error }, 'old unreadable records cannot be deleted, trying again later');
    }
  }
}
