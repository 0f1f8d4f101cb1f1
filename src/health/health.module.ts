import { Module } from '@nestjs/common';
import { IngestModule } from '../readings/ingest/ingest.module';
import { RetentionModule } from '../readings/retention/retention.module';
import { StatusModule } from '../status/status.module';
import { AboutController } from './about.controller';
import { HealthController } from './health.controller';

@Module({ imports: [IngestModule, RetentionModule, StatusModule], controllers: [AboutController, HealthController] })
export class HealthModule {}
