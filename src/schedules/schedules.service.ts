import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { by } from '../common/actor';
import type { Actor, Reach } from '../common/actor';
import type { Created, Once } from '../common/idempotency';
import type { Page } from '../common/page';
import type { IfMatch } from '../common/precondition';
import { ReadOnlyFieldError } from '../http/contract/read-only';
import { DomainEvents } from '../events/domain-events';
import { Readiness } from '../status/readiness';
import type { ScheduleRow } from './schedule.entity';
import { ScheduleNotFoundError } from './schedule.errors';
import { SchedulesRepository } from './schedules.repository';
import type { Coverage, FixedValues, NewSchedule, ScheduleChanges, ScheduleQuery } from './schedules.repository';
import { targetOf } from './target';

/** A schedule, and how the sensors stand that it covers. */
export interface CoveredSchedule {
  readonly row: ScheduleRow;
  readonly coverage: Coverage;
}

/** How old readings may become. */
@Injectable()
export class SchedulesService {
  constructor(
    private readonly schedules: SchedulesRepository,
    private readonly events: DomainEvents,
    private readonly readiness: Readiness,
    @InjectPinoLogger(SchedulesService.name) private readonly logger: PinoLogger,
  ) {}

  /**
   * Takes effect at once, so only the process that runs the sessions can create a schedule: another one could not tell it.
   * @throws NotReadyError, UnknownTargetError, IdempotencyKeyReusedError
   */
  async create(actor: Actor, draft: NewSchedule, once?: Once): Promise<CoveredSchedule & Created<ScheduleRow>> {
    this.readiness.require();
    const created = await this.schedules.create(actor, draft, once);
    if (!created.isReplay) {
      this.logger.info({ scheduleId: created.row.id, ...by(actor) }, 'schedule created');
      this.events.publish('schedule.changed', {});
    }
    return { ...(await this.cover(created.row)), isReplay: created.isReplay };
  }

  findAll(reach: Reach, query: ScheduleQuery): Promise<Page<ScheduleRow>> {
    return this.schedules.findAll(reach, query);
  }

  /** @throws ScheduleNotFoundError */
  async get(reach: Reach, id: string): Promise<CoveredSchedule> {
    const row = await this.schedules.findById(reach, id);
    if (!row) throw new ScheduleNotFoundError(id);
    return this.cover(row);
  }

  /** @throws NotReadyError, ScheduleNotFoundError, ReadOnlyFieldError, PreconditionFailedError */
  async update(
    actor: Actor,
    id: string,
    changes: ScheduleChanges,
    fixed: FixedValues,
    condition: IfMatch = {},
  ): Promise<CoveredSchedule> {
    this.readiness.require();
    const row = await this.schedules.update(actor, id, changes, fixed, condition);
    if (!row) throw differing(fixed, (await this.get(actor, id)).row);
    this.logger.info({ scheduleId: id, fields: Object.keys(changes), ...by(actor) }, 'schedule updated');
    this.events.publish('schedule.changed', {});
    return this.cover(row);
  }

  /** @throws ScheduleNotFoundError, PreconditionFailedError */
  async delete(actor: Actor, id: string, condition: IfMatch = {}): Promise<void> {
    if (!(await this.schedules.softDelete(actor, id, condition))) throw new ScheduleNotFoundError(id);
    this.logger.info({ scheduleId: id, ...by(actor) }, 'schedule deleted');
  }

  private async cover(row: ScheduleRow): Promise<CoveredSchedule> {
    return { row, coverage: await this.schedules.findCoverage(row) };
  }
}

/** Which of the values that cannot be changed is not the stored one. */
function differing({ organizationId, kind }: FixedValues, row: ScheduleRow): ReadOnlyFieldError {
  if (organizationId !== undefined && organizationId !== row.organizationId) {
    return new ReadOnlyFieldError('organization_id');
  }
  return new ReadOnlyFieldError(kind !== undefined && kind !== row.kind ? 'kind' : 'target', hintFor(row));
}

function hintFor(row: ScheduleRow): string {
  return `leave it out, or send the stored value: ${row.kind} of the ${targetOf(row).level} ${targetOf(row).id}`;
}
