import { Module } from '@nestjs/common';
import { IngestModule } from '../readings/ingest/ingest.module';
import { StatusModule } from '../status/status.module';
import { HealthController } from './health.controller';

@Module({ imports: [IngestModule, StatusModule], controllers: [HealthController] })
export class HealthModule {}
