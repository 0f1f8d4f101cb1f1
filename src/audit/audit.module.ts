import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { StatusModule } from '../status/status.module';
import { WhileHolding } from '../status/while-holding';
import { AuditController } from './audit.controller';
import { AuditRecord } from './audit-record.entity';
import { AuditRetention } from './audit-retention';
import { AuditTrail } from './audit-trail';
import { AuditRepository } from './audit.repository';
import { LateRecords } from './late-records';
import { RefusedRequests } from './refused-requests';

const CLEAN_UP_MS = 86_400_000;

@Module({
  imports: [StatusModule, TypeOrmModule.forFeature([AuditRecord])],
  controllers: [AuditController],
  providers: [AuditRepository, AuditRetention, AuditTrail, LateRecords, RefusedRequests],
  exports: [AuditTrail, LateRecords, RefusedRequests],
})
export class AuditModule {
  constructor(holding: WhileHolding, retention: AuditRetention) {
    holding.add({
      repeated: [{ everyMs: CLEAN_UP_MS, run: () => void retention.cleanUp(), isRunAtStart: true, isForAll: true }],
    });
  }
}
