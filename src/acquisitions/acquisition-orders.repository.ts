import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Actor } from '../common/actor';
import type { AuditAction } from '../common/audit-actions';
import type { Once } from '../common/idempotency';
import { insertAuditSql } from '../database/sql/audit-sql';
import { SqlColumns } from '../database/sql/columns';
import { createOnce, DELETE_EXPIRED_SQL, keepSql } from '../database/sql/idempotency';
import { Parameters } from '../database/sql/parameters';
import { withinReach } from '../database/sql/selection';
import type { ReadingKind } from '../readings/reading';
import { Acquisition } from './acquisition.entity';
import type { AcquisitionRow } from './acquisition.entity';
import { TooSoonError } from './acquisition.errors';
import { OPEN_STATES } from './acquisition.machine';
import { IS_LIVING, IS_OPEN, reachSql, SENSOR } from './acquisition.sql';
import type { OrderedSensor } from './acquisition.sql';

export interface NewAcquisition {
  readonly sensorId: string;
  readonly kind: ReadingKind;
  readonly expiresInS: number;
}

/** What an order has led to. */
export interface PlacedOrder {
  readonly row: AcquisitionRow;
  /** Null if the sensor had an open order of this kind: `row` is that one. */
  readonly added: OrderedSensor | null;
  /** The request was sent before: `row` is what it created, as it was then. */
  readonly isReplay: boolean;
}

const TRIES = 3;

/** Places and cancels orders to measure now, and records who did. Those of deleted gateways and out of reach are not visible. */
@Injectable()
export class AcquisitionOrdersRepository {
  private readonly columns: SqlColumns<Acquisition>;

  constructor(@InjectRepository(Acquisition) private readonly repository: Repository<Acquisition>) {
    this.columns = new SqlColumns(repository.metadata);
  }

  /**
   * Stores an order and records it, unless the sensor has an open one of this kind: then nothing changes. Null if there is no such sensor
   * within reach.
   * @param minIntervalMs after an order of this kind was sent to the sensor
   * @throws TooSoonError, IdempotencyKeyReusedError
   */
  async place(actor: Actor, order: NewAcquisition, minIntervalMs: number, once?: Once): Promise<PlacedOrder | null> {
    let added: OrderedSensor | null = null;
    const create = async (): Promise<AcquisitionRow | null> => {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const tried = await this.insert(actor, order, minIntervalMs, once);
        if (!tried) return null;
        const { serial, sensorNumber, isSensorConnected, retryMs, ...row } = tried;
        if (row.id !== null) added = { serial, sensorNumber, isSensorConnected };
        const found = row.id === null ? await this.findOpenOf(actor, order, once) : (row as AcquisitionRow);
        if (found) return found;
        if (retryMs !== null) throw new TooSoonError(Math.max(1, Math.ceil(retryMs / 1000)));
      }
      throw new TooSoonError(1); // The open one has ended between two statements, three times.
    };
    const revive = (json: object) => this.columns.revive(json) as AcquisitionRow;
    const { row, isReplay } = await createOnce<AcquisitionRow | null>(
      this.repository.manager,
      revive,
      actor,
      once,
      create,
    );
    return row && { row, added, isReplay };
  }

  /** Cancels a queued acquisition, and records that. Null if there is none. */
  async cancel(actor: Actor, id: string): Promise<AcquisitionRow | null> {
    const parameters = new Parameters();
    const conditions = [`"row".id = ${parameters.add(id, 'uuid')}`, IS_LIVING, ...reachSql(actor, parameters)];
    const [row] = await this.repository.query<AcquisitionRow[]>(
      `WITH changed AS (
         UPDATE acquisitions AS "row" SET state = 'cancelled', ended_at = now()
         WHERE ${conditions.join(' AND ')} AND "row".state = 'queued' RETURNING ${this.columns.selected}),
       audit AS (${auditSql(actor, 'acquisition.cancel', parameters)})
       SELECT * FROM changed`,
      parameters.values,
    );
    return row ?? null;
  }

  /** The sensor, and the new row if there is one: all its columns are null otherwise. */
  private async insert(
    actor: Actor,
    { sensorId, kind, expiresInS }: NewAcquisition,
    minIntervalMs: number,
    once: Once | undefined,
  ): Promise<(OrderedSensor & { readonly retryMs: number | null; readonly id: string | null }) | null> {
    const parameters = new Parameters();
    const sensor = parameters.add(sensorId, 'uuid');
    const ofKind = parameters.add(kind, 'text');
    const reach = withinReach(actor, 'gateways.organization_id', parameters).map((condition) => ` AND ${condition}`);
    const [row] = await this.repository.query<
      (OrderedSensor & { readonly retryMs: number | null; readonly id: string | null })[]
    >(
      `WITH owner AS (
         SELECT sensors.id, sensors.gateway_id, gateways.organization_id, ${SENSOR}
         FROM sensors JOIN gateways ON gateways.id = sensors.gateway_id
         WHERE sensors.id = ${sensor} AND gateways.deleted_at IS NULL${reach.join('')}),
       recent AS (
         SELECT sent_at + ${parameters.add(minIntervalMs)} * interval '1 millisecond' AS ends_at FROM acquisitions
         WHERE sensor_id = ${sensor} AND kind = ${ofKind} AND sent_at IS NOT NULL ORDER BY sensor_id DESC, id DESC LIMIT 1),
       changed AS (
         INSERT INTO acquisitions AS "row" (organization_id, gateway_id, sensor_id, kind, expires_at)
         SELECT organization_id, gateway_id, id, ${ofKind}, now() + ${parameters.add(expiresInS)} * interval '1 second' FROM owner
         WHERE NOT EXISTS (SELECT FROM recent WHERE ends_at > now())
         ON CONFLICT (sensor_id, kind) WHERE state IN (${OPEN_STATES.map((state) => `'${state}'`).join(', ')}) DO NOTHING
         RETURNING ${this.columns.selected}),
       audit AS (${auditSql(actor, 'acquisition.create', parameters)})${keptSql(actor, once, 'changed', parameters)}
       SELECT changed.*, owner.serial, owner."sensorNumber", owner."isSensorConnected",
         (SELECT (EXTRACT(EPOCH FROM ends_at - now()) * 1000)::float8 FROM recent WHERE ends_at > now()) AS "retryMs"
       FROM owner LEFT JOIN changed ON true`,
      parameters.values,
    );
    return row ?? null;
  }

  /** The open order of a sensor; a request with a key gets it again. */
  private async findOpenOf(
    actor: Actor,
    { sensorId, kind }: NewAcquisition,
    once: Once | undefined,
  ): Promise<AcquisitionRow | null> {
    const parameters = new Parameters();
    const conditions = [
      ...[`"row".sensor_id = ${parameters.add(sensorId, 'uuid')}`, `"row".kind = ${parameters.add(kind, 'text')}`],
      ...[IS_OPEN, IS_LIVING, ...reachSql(actor, parameters)],
    ];
    const [row] = await this.repository.query<AcquisitionRow[]>(
      `WITH found AS (SELECT ${this.columns.selected} FROM acquisitions AS "row" WHERE ${conditions.join(' AND ')})
         ${keptSql(actor, once, 'found', parameters)}
       SELECT * FROM found`,
      parameters.values,
    );
    return row ?? null;
  }
}

/** CTEs that store the key of a request with the row it has led to. */
function keptSql(actor: Actor, once: Once | undefined, cte: string, parameters: Parameters): string {
  if (!once) return '';
  return `, kept AS (${keepSql(actor, once, cte, parameters)}), expired AS (${DELETE_EXPIRED_SQL})`;
}

function auditSql(actor: Actor, action: AuditAction, parameters: Parameters): string {
  return insertAuditSql(
    actor,
    {
      ...{ action, object: 'sensor', id: 'changed."sensorId"' },
      ...{ organizationId: 'changed."organizationId"', from: 'changed' },
      changes: { before: new Map(), after: new Map([['kind', 'changed.kind']]) },
      always: true,
    },
    parameters,
  );
}
