import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Reach } from '../common/actor';
import { SqlColumns } from '../database/sql/columns';
import { firstIdSql } from '../database/sql/first-id.sql';
import { Parameters } from '../database/sql/parameters';
import type { Origin, ReadingKind } from '../readings/reading';
import { Acquisition } from './acquisition.entity';
import type { AcquisitionRow } from './acquisition.entity';
import { isFinal } from './acquisition.machine';
import type { AcquisitionState, Progress } from './acquisition.machine';
import { IS_LIVING, IS_OPEN, reachSql, SENSOR } from './acquisition.sql';
import type { OrderedSensor } from './acquisition.sql';

/** An acquisition that has not ended, or whose reading may still come. */
export interface LoadedAcquisition extends AcquisitionRow, OrderedSensor {
  /** Milliseconds until it expires, by the database's clock. */
  readonly expiresInMs: number;
  /** Milliseconds since it ended; null if it has not. */
  readonly endedForMs: number | null;
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

/** How far back an acquisition can have been ordered whose late reading may still come, with room to spare. */
const LATEST_HOURS = 3;
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** How much a gateway's clock may differ from ours, in seconds, for a record of its history to be the one that was ordered. */
const CLOCK_TOLERANCE_S = 60;
const DAY_MS = 86_400_000;

/** Finds orders to measure now, and stores how far they are. Those of deleted gateways and out of reach are not visible. */
@Injectable()
export class AcquisitionsRepository {
  private readonly columns: SqlColumns<Acquisition>;

  constructor(@InjectRepository(Acquisition) private readonly repository: Repository<Acquisition>) {
    this.columns = new SqlColumns(repository.metadata);
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
}
