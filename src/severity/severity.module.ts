import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SeverityLimit } from './severity-limit.entity';
import { SeverityLimitsController } from './severity-limits.controller';
import { SeverityLimitsRepository } from './severity-limits.repository';
import { SeverityService } from './severity.service';

@Module({
  imports: [TypeOrmModule.forFeature([SeverityLimit])],
  controllers: [SeverityLimitsController],
  providers: [SeverityLimitsRepository, SeverityService],
  exports: [SeverityService],
})
export class SeverityModule {}
