import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Actor, Reach } from '../common/actor';
import type { AuditAction } from '../common/audit-actions';
import type { Once } from '../common/idempotency';
import { insertAuditSql } from '../database/sql/audit-sql';
import { SqlColumns } from '../database/sql/columns';
import { firstIdSql } from '../database/sql/first-id.sql';
import { createOnce, DELETE_EXPIRED_SQL, keepSql } from '../database/sql/idempotency';
import { Parameters } from '../database/sql/parameters';
import { withinReach } from '../database/sql/selection';
import type { Origin, ReadingKind } from '../readings/reading';
import { Acquisition } from './acquisition.entity';
import type { AcquisitionRow } from './acquisition.entity';
import { TooSoonError } from './acquisition.errors';
import { isFinal, OPEN_STATES } from './acquisition.machine';
import type { AcquisitionState, Progress } from './acquisition.machine';

export interface NewAcquisition {
  readonly sensorId: string;
  readonly kind: ReadingKind;
  readonly expiresInS: number;
}

/** What the runner needs to know of the sensor. */
export interface OrderedSensor {
  readonly serial: number;
  readonly sensorNumber: number;
  /** False only if the gateway has said so. */
  readonly isSensorConnected: boolean;
}

/** An acquisition that has not ended, or whose reading may still come. */
export interface LoadedAcquisition extends AcquisitionRow, OrderedSensor {
  /** Milliseconds until it expires, by the database's clock. */
  readonly expiresInMs: number;
  /** Milliseconds since it ended; null if it has not. */
  readonly endedForMs: number | null;
}

/** What an order has led to. */
export interface PlacedOrder {
  readonly row: AcquisitionRow;
  /** Null if the sensor had an open order of this kind: `row` is that one. */
  readonly added: OrderedSensor | null;
  /** The request was sent before: `row` is what it created, as it was then. */
  readonly isReplay: boolean;
}

export interface AcquisitionQuery {
  readonly limit: number;
  /** The id of the last one of the previous page. */
  readonly before?: string | undefined;
  readonly sensorId?: string | undefined;
  readonly gatewayId?: string | undefined;
  readonly scheduleId?: string | undefined;
  readonly state?: AcquisitionState | undefined;
}

/** Newest first. */
export interface AcquisitionPage {
  readonly items: AcquisitionRow[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
}

/** Whether a command may go out: only `sent` allows it. `gone`: it is no longer queued. */
export type Permission = 'sent' | 'sensor_not_connected' | 'gone';

const IS_OPEN = `"row".state IN (${OPEN_STATES.map((state) => `'${state}'`).join(', ')})`;
const IS_LIVING = 'EXISTS (SELECT FROM gateways WHERE gateways.id = "row".gateway_id AND gateways.deleted_at IS NULL)';
export const SENSOR = `sensors.serial::float8 AS serial, sensors.number AS "sensorNumber",
  sensors.connected IS NOT FALSE AS "isSensorConnected"`;

/** How far back an acquisition can have been ordered whose late reading may still come, with room to spare. */
const LATEST_HOURS = 3;
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const TRIES = 3;
/** How much a gateway's clock may differ from ours, in seconds, for a record of its history to be the one that was ordered. */
const CLOCK_TOLERANCE_S = 60;
const DAY_MS = 86_400_000;

/** Orders to measure now. Those of deleted gateways and out of reach are not visible. */
@Injectable()
export class AcquisitionsRepository {
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

  async findById(reach: Reach, id: string): Promise<AcquisitionRow | null> {
    const parameters = new Parameters();
    const conditions = [`"row".id = ${parameters.add(id, 'uuid')}`, IS_LIVING, ...reachSql(reach, parameters)];
    const [row] = await this.repository.query<AcquisitionRow[]>(
      `SELECT ${this.columns.selected} FROM acquisitions AS "row" WHERE ${conditions.join(' AND ')}`,
      parameters.values,
    );
    return row ?? null;
  }

  /** Pages are stable: orders that are placed between two reads are newer than both pages. */
  async findPage(reach: Reach, { limit, before = LAST_ID, ...query }: AcquisitionQuery): Promise<AcquisitionPage> {
    const parameters = new Parameters();
    const end = parameters.add(before, 'uuid');
    // The first one that is given leads to them: those of a sensor are the fewest.
    const equal = {
      ...{ sensor_id: query.sensorId, schedule_id: query.scheduleId, gateway_id: query.gatewayId },
      organization_id: reach.organizationId,
    };
    const filters = Object.entries(equal).flatMap(([column, value]) =>
      value === undefined || value === null
        ? []
        : [{ column: `"row".${column}`, value: parameters.add(value, 'uuid') }],
    );
    const [lead, ...others] = filters;
    const conditions = [IS_LIVING, ...others.map(({ column, value }) => `${column} = ${value}`)];
    // The range of the index that leads to them is written out: see `AuditRepository`.
    conditions.push(
      lead
        ? `(${lead.column}, "row".id) < (${lead.value}, ${end}) AND ${lead.column} >= ${lead.value}`
        : `"row".id < ${end}`,
    );
    if (query.state) conditions.push(`"row".state = ${parameters.add(query.state, 'text')}`);
    if (query.state && !isFinal({ state: query.state })) conditions.push(IS_OPEN); // Of which there is an index.
    const items = await this.repository.query<AcquisitionRow[]>(
      `SELECT ${this.columns.selected} FROM acquisitions AS "row" WHERE ${conditions.join(' AND ')}
       ORDER BY ${lead ? `${lead.column} DESC, ` : ''}"row".id DESC LIMIT ${parameters.add(limit + 1)}`,
      parameters.values,
    );
    return { items: items.slice(0, limit), hasMore: items.length > limit };
  }

  /** Those of living gateways that have not ended, or failed a short time ago, oldest first. */
  findUnfinished(): Promise<LoadedAcquisition[]> {
    const select = `
      SELECT ${this.columns.selected}, ${SENSOR},
        (EXTRACT(EPOCH FROM "row".expires_at - now()) * 1000)::float8 AS "expiresInMs",
        (EXTRACT(EPOCH FROM now() - "row".ended_at) * 1000)::float8 AS "endedForMs"
      FROM acquisitions AS "row" JOIN sensors ON sensors.id = "row".sensor_id WHERE ${IS_LIVING}`;
    const firstId = firstIdSql(`now() - interval '${LATEST_HOURS} hours'`);
    return this.repository.query<LoadedAcquisition[]>(
      `${select} AND ${IS_OPEN} UNION ALL ${select} AND "row".id > ${firstId} AND "row".state = 'failed' ORDER BY id`,
    );
  }

  /** Which of these sensors are not connected, as their gateways say. */
  async findDisconnected(sensorIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.repository.query<{ id: string }[]>(
      'SELECT id FROM sensors WHERE id = ANY ($1::uuid[]) AND NOT connected',
      [sensorIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Marks a queued acquisition as sent, before it is sent: so that none is sent twice, whatever happens in between. */
  async markSent(id: string, sentAt: Date): Promise<Permission> {
    const [found] = await this.repository.query<{ state: AcquisitionState; isMarked: boolean }[]>(
      `WITH found AS (
         SELECT "row".id, "row".state, sensors.connected IS NOT FALSE AS connected
         FROM acquisitions AS "row" JOIN sensors ON sensors.id = "row".sensor_id
         WHERE "row".id = $1 AND ${IS_LIVING} FOR NO KEY UPDATE OF "row"),
       marked AS (
         UPDATE acquisitions SET state = 'sent', sent_at = $2 FROM found
         WHERE acquisitions.id = found.id AND found.state = 'queued' AND found.connected RETURNING acquisitions.id)
       SELECT state, EXISTS (SELECT FROM marked) AS "isMarked" FROM found`,
      [id, sentAt],
    );
    if (found?.isMarked) return 'sent';
    return found?.state === 'queued' ? 'sensor_not_connected' : 'gone';
  }

  /** Stores how far an acquisition is. */
  async save(id: string, progress: Progress): Promise<void> {
    await this.repository.query(
      `UPDATE acquisitions SET state = $2, attribution = $3, source = $4, reading_id = $5, late_reading_id = $6, failure_code = $7,
         failure_message = $8,
         started_at = CASE WHEN $2 = 'started' THEN COALESCE(started_at, now()) ELSE started_at END,
         ended_at = CASE WHEN $9 THEN COALESCE(ended_at, now()) END
       WHERE id = $1`,
      [
        ...[id, progress.state, progress.attribution, progress.source, progress.readingId, progress.lateReadingId],
        ...[progress.failureCode, progress.failureMessage, isFinal(progress)],
      ],
    );
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

  /**
   * The first reading of a sensor that may be the one that was ordered: it was received since, and measured since, as far as its gateway's
   * clock shows. A notification counts whatever the clock shows. Of several in the same minute, or on the same day if the gateway writes no
   * time, the last one: others may have been measured before.
   */
  async findReading(
    { kind, sensorNumber }: { readonly kind: ReadingKind; readonly sensorNumber: number },
    sentAt: Date,
  ): Promise<{ readonly readingId: string; readonly origin: Origin } | null> {
    const [found] = await this.repository.query<{ readingId: string; origin: Origin }[]>(
      `SELECT day || '-' || number AS "readingId", origin FROM ${kind}_readings
       WHERE sensor_number = $1 AND day >= $3::date AND measured_at >= $3::timestamptz AND received_at >= $2::timestamptz
         AND (origin <> 'history' OR time_quality = 'receipt'
           OR measured_at + CASE time_quality WHEN 'day' THEN interval '1 day' WHEN 'second' THEN interval '0'
                            ELSE interval '1 minute' END >= $2::timestamptz - interval '${CLOCK_TOLERANCE_S} seconds')
       ORDER BY measured_at, number DESC LIMIT 1`,
      [sensorNumber, sentAt, new Date(sentAt.getTime() - 2 * DAY_MS)],
    );
    return found ?? null;
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

function reachSql(reach: Reach, parameters: Parameters): string[] {
  return withinReach(reach, '"row".organization_id', parameters);
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
