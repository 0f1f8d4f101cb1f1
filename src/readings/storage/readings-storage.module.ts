import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { StatusModule } from '../../status/status.module';
import { WhileHolding } from '../../status/while-holding';
import { KeptRecord } from './kept-record.entity';
import { KeptRecordsRepository } from './kept-records.repository';
import { NotifiedReadings } from './notified-readings';
import { PartitionKeeper } from './partition-keeper';
import { PartitionsRepository } from './partitions.repository';
import { ReadingsRepository } from './readings.repository';
import { ReadingsUpkeep } from './readings-upkeep';
import { TwinsRepository } from './twins.repository';

const UPKEEP_MS = 6 * 3_600_000;

@Module({
  imports: [StatusModule, TypeOrmModule.forFeature([KeptRecord])],
  providers: [
    ...[ReadingsRepository, TwinsRepository, NotifiedReadings, KeptRecordsRepository],
    ...[PartitionsRepository, PartitionKeeper, ReadingsUpkeep],
  ],
  exports: [NotifiedReadings, KeptRecordsRepository],
})
export class ReadingsStorageModule {
  constructor(holding: WhileHolding, upkeep: ReadingsUpkeep) {
    holding.add({ repeated: [{ everyMs: UPKEEP_MS, run: () => void upkeep.run(), isRunAtStart: true }] });
  }
}
