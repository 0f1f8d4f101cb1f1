import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { by } from '../common/actor';
import type { Actor } from '../common/actor';
import type { IfMatch } from '../common/precondition';
import type { Support } from './severity-limit.entity';
import { SeverityLimitsRepository } from './severity-limits.repository';
import type { Limits, LimitsTable } from './severity-limits.repository';
import { UnknownSeverityLimitsError } from './severity.errors';

/** Which limits to apply. */
export interface Machine {
  readonly standard: string;
  readonly group: string;
  readonly support: Support;
}

/** How severe a vibration is, according to a standard. */
@Injectable()
export class SeverityService {
  constructor(
    private readonly limits: SeverityLimitsRepository,
    @InjectPinoLogger(SeverityService.name) private readonly logger: PinoLogger,
  ) {}

  findAll(): Promise<LimitsTable> {
    return this.limits.findAll();
  }

  /** @throws UnknownSeverityLimitsError */
  async get({ standard, group, support }: Machine): Promise<Limits> {
    const { limits } = await this.limits.findAll();
    const found = limits.find(
      (row) => row.standard === standard && row.machineGroup === group && row.support === support,
    );
    if (!found) throw new UnknownSeverityLimitsError(standard, group, support);
    return found;
  }

  /** @throws PreconditionFailedError */
  async replace(actor: Actor, limits: readonly Limits[], condition: IfMatch): Promise<LimitsTable> {
    const table = await this.limits.replace(actor, limits, condition);
    this.logger.info({ revision: table.revision, limits: limits.length, ...by(actor) }, 'severity limits replaced');
    return table;
  }
}
