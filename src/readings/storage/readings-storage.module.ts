import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OwnershipModule } from '../../ownership/ownership.module';
import { StatusModule } from '../../status/status.module';
import { WhileHolding } from '../../status/while-holding';
import { KeptRecord } from './kept-record.entity';
import { KeptRecordsRepository } from './kept-records.repository';
import { NotifiedReadings } from './notified-readings';
import { PartitionKeeper } from './partition-keeper';
import { PartitionsRepository } from './partitions.repository';
import { ReadingsRepository } from './readings.repository';
import { ReadingsUpkeep } from './readings-upkeep';
import { SampleRates } from './sample-rates';
import { CounterpartsRepository } from './counterparts.repository';
import { ZoneCorrectionsRepository } from './zone-corrections.repository';
import { ZoneCorrector } from './zone-corrector';

const UPKEEP_MS = 6 * 3_600_000;
/** For zones that another process has changed. */
const CORRECTION_MS = 60_000;

@Module({
  imports: [OwnershipModule, StatusModule, TypeOrmModule.forFeature([KeptRecord])],
  providers: [
    ...[ReadingsRepository, CounterpartsRepository, NotifiedReadings, KeptRecordsRepository],
    ...[PartitionsRepository, PartitionKeeper, ReadingsUpkeep, SampleRates],
    ...[ZoneCorrectionsRepository, ZoneCorrector],
  ],
  exports: [NotifiedReadings, KeptRecordsRepository, PartitionKeeper, SampleRates],
})
export class ReadingsStorageModule {
  constructor(holding: WhileHolding, upkeep: ReadingsUpkeep, corrector: ZoneCorrector) {
    holding.add({
      repeated: [{ everyMs: UPKEEP_MS, run: () => void upkeep.run(), isRunAtStart: true, isForAll: true }],
    });
    holding.add({
      start: () => corrector.start(),
      stop: () => corrector.stop(),
      repeated: [{ everyMs: CORRECTION_MS, run: () => corrector.run(), isRunAtStart: true, isForAll: true }],
    });
  }
}
