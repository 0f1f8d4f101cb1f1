import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../../connections/connections.module';
import { StatusModule } from '../../status/status.module';
import { FLUSH_MS, WhileHolding } from '../../status/while-holding';
import { ReadingsStorageModule } from '../storage/readings-storage.module';
import { IngestService } from './ingest.service';
import { OrderedReadings } from './ordered-readings';
import { ReadingEncoder } from './reading-encoder';
import { RecordNotices } from './record-notices';
import { SpoolIdentityRepository } from './spool-identity.repository';
import { StoredReadings } from './stored-readings';

@Module({
  imports: [ConnectionsModule, ReadingsStorageModule, StatusModule],
  providers: [IngestService, OrderedReadings, ReadingEncoder, RecordNotices, SpoolIdentityRepository, StoredReadings],
  exports: [IngestService, OrderedReadings, ReadingEncoder, StoredReadings],
})
export class IngestModule {
  constructor(holding: WhileHolding, ingest: IngestService, stored: StoredReadings, notices: RecordNotices) {
    stored.subscribe((reading) => notices.onStored(reading));
    holding.add({
      load: () => ingest.load(),
      start: () => ingest.start(),
      flush: () => ingest.flush(),
      stop: async () => {
        await ingest.stop();
        notices.report(true);
      },
      repeated: [
        { everyMs: FLUSH_MS, run: () => ingest.upkeep() },
        { everyMs: FLUSH_MS, run: () => notices.report() },
      ],
    });
  }
}
