import { Injectable } from '@nestjs/common';
import type { Reach } from '../common/actor';
import { AuditRepository } from './audit.repository';
import type { Act, AuditPage, AuditQuery } from './audit.repository';

/** The log of who did what. Changes of stored rows are recorded by the statements that make them. */
@Injectable()
export class AuditTrail {
  constructor(private readonly records: AuditRepository) {}

  /** Records an act that is no change of a row. Await it before the act, so that there is none without its record. */
  record(act: Act): Promise<void> {
    return this.records.store([act]);
  }

  findPage(reach: Reach, query: AuditQuery): Promise<AuditPage> {
    return this.records.findPage(reach, query);
  }
}
