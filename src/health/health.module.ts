import { Module } from '@nestjs/common';
import { StatusModule } from '../status/status.module';
import { HealthController } from './health.controller';

@Module({ imports: [StatusModule], controllers: [HealthController] })
export class HealthModule {}
