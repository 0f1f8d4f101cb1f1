import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Actor, Reach } from '../common/actor';
import type { Created, Once } from '../common/idempotency';
import type { Metadata } from '../common/metadata';
import type { Page, PageRequest } from '../common/page';
import type { IfMatch } from '../common/precondition';
import { LivingRows } from '../database/sql/living-rows';
import { Parameters } from '../database/sql/parameters';
import { Selection, withinReach } from '../database/sql/selection';
import type { ReadingKind } from '../readings/reading';
import type { Level } from './freshness';
import { Schedule } from './schedule.entity';
import type { ScheduleRow } from './schedule.entity';
import { UnknownTargetError } from './schedule.errors';
import type { Window } from './window';

/** What a schedule covers: a sensor, or all sensors of a gateway or a factory. */
export interface Target {
  readonly level: Level;
  readonly id: string;
}

/** The fields of a schedule that users can change. Undefined fields are not changed. */
export interface ScheduleChanges {
  readonly name?: string;
  readonly maxAgeS?: number;
  readonly windows?: readonly Window[];
  readonly dailyBudget?: number;
  readonly enabled?: boolean;
  readonly metadata?: Metadata;
}

export interface NewSchedule extends ScheduleChanges {
  readonly target: Target;
  readonly kind: ReadingKind;
  readonly name: string;
  readonly maxAgeS: number;
  readonly windows: readonly Window[];
  readonly dailyBudget: number;
}

/** Values that cannot be changed: those that are given must be the stored ones. */
export interface FixedValues {
  readonly organizationId?: string | undefined;
  readonly target?: Target | undefined;
  readonly kind?: ReadingKind | undefined;
}

export interface ScheduleQuery extends PageRequest {
  readonly factoryId?: string | undefined;
  readonly gatewayId?: string | undefined;
  readonly sensorId?: string | undefined;
  readonly search?: string | undefined;
}

/** How the sensors that a schedule covers stand, whichever schedule decides for them. */
export interface Coverage {
  /** Those that their gateways list. */
  readonly sensors: number;
  /** Of them, those whose latest reading is older than the schedule allows, and those without one. */
  readonly overdue: number;
}

const OWNERS: Readonly<Record<Level, string>> = {
  factory: 'factories',
  gateway: 'gateways',
  sensor: 'sensors JOIN gateways ON gateways.id = sensors.gateway_id',
};
const COLUMNS = { factory: 'factoryId', gateway: 'gatewayId', sensor: 'sensorId' } as const;

/** Living schedules within reach; others are not visible. */
@Injectable()
export class SchedulesRepository {
  private readonly rows: LivingRows<Schedule, ScheduleRow>;

  constructor(@InjectRepository(Schedule) private readonly repository: Repository<Schedule>) {
    this.rows = new LivingRows(repository, { object: 'schedule', organization: 'organization_id' });
  }

  /** @throws UnknownTargetError, IdempotencyKeyReusedError */
  create(actor: Actor, draft: NewSchedule, once?: Once): Promise<Created<ScheduleRow>> {
    return this.rows.createOnce(actor, once, async () => {
      const schedule = await this.insert(actor, draft, once);
      if (!schedule) throw new UnknownTargetError(draft.target.level, draft.target.id);
      return schedule;
    });
  }

  findById(reach: Reach, id: string): Promise<ScheduleRow | null> {
    return this.rows.findById(reach, id);
  }

  findAll(
    reach: Reach,
    { factoryId, gatewayId, sensorId, search, ...page }: ScheduleQuery,
  ): Promise<Page<ScheduleRow>> {
    const selection = new Selection(reach, 'organization_id')
      .where('factory_id', factoryId)
      .where('gateway_id', gatewayId)
      .where('sensor_id', sensorId)
      .whereContains(['name'], search);
    return this.rows.findPage(selection, page);
  }

  /** Null if there is no such living schedule with the fixed values. @throws PreconditionFailedError */
  update(
    actor: Actor,
    id: string,
    changes: ScheduleChanges,
    { organizationId, target, kind }: FixedValues,
    { ifMatch }: IfMatch = {},
  ): Promise<ScheduleRow | null> {
    const only = { organizationId, kind, ...(target && toColumn(target)) };
    return this.rows.update(actor, id, changes, { only, ifMatch });
  }

  /** @returns whether there was a living schedule to delete @throws PreconditionFailedError */
  softDelete(actor: Actor, id: string, condition: IfMatch = {}): Promise<boolean> {
    return this.rows.softDelete(actor, id, condition);
  }

  /** Counts the sensors that a schedule covers. */
  async findCoverage({ factoryId, gatewayId, sensorId, kind, maxAgeS }: ScheduleRow): Promise<Coverage> {
    const [condition, id] =
      sensorId !== null
        ? ['id = $1', sensorId]
        : gatewayId !== null
          ? ['gateway_id = $1', gatewayId]
          : [
              'gateway_id = ANY (ARRAY(SELECT id FROM gateways WHERE factory_id = $1 AND deleted_at IS NULL))',
              factoryId,
            ];
    const measuredAt = `latest_${kind}_measured_at`;
    const [row] = await this.repository.query<[Coverage]>(
      `SELECT count(*)::int AS sensors,
         (count(*) FILTER (WHERE ${measuredAt} IS NULL OR ${measuredAt} < now() - $2 * interval '1 second'))::int AS overdue
       FROM sensors WHERE ${condition} AND listed`,
      [id, maxAgeS],
    );
    return row;
  }

  /** Locks the factory or the gateway until the schedule is committed: it may be deleted at the same time. */
  private async insert(
    actor: Actor,
    { target, ...draft }: NewSchedule,
    once: Once | undefined,
  ): Promise<ScheduleRow | null> {
    const parameters = new Parameters();
    const owner = target.level === 'factory' ? 'factories' : 'gateways';
    const table = OWNERS[target.level];
    const conditions = [
      `${target.level === 'sensor' ? 'sensors' : owner}.id = ${parameters.add(target.id, 'uuid')}`,
      `${owner}.deleted_at IS NULL`,
      ...withinReach(actor, `${owner}.organization_id`, parameters),
    ];
    const lock = `SELECT ${owner}.organization_id FROM ${table} WHERE ${conditions.join(' AND ')} FOR SHARE OF ${owner}`;
    const bound = this.rows.columns.bind({ ...draft, ...toColumn(target) }, parameters);
    const values = new Map([...bound, ['"organization_id"', 'target.organization_id']]);
    const created = this.rows.createdSql(actor, this.rows.insertSql(values, 'target'), values, parameters, once);
    const [row] = await this.repository.query<ScheduleRow[]>(
      `WITH target AS (${lock}), ${created} SELECT * FROM created`,
      parameters.values,
    );
    return row ?? null;
  }
}

function toColumn({ level, id }: Target): Partial<Schedule> {
  return { [COLUMNS[level]]: id };
}
