import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Reach } from '../../common/actor';
import { Parameters } from '../../database/sql/parameters';
import { withinReach } from '../../database/sql/selection';
import { Sensor } from '../../sensors/sensor.entity';
import { READING_KINDS } from '../reading';
import type { Origin, ReadingKind } from '../reading';
import { startSql } from './buckets';
import type { Bucket } from './buckets';
import { sourceOf } from './metrics';
import type { Metric } from './metrics';
import { columnsOf, TABLES, toReadingView } from './reading-view';
import type { FlatRow, ReadingView } from './reading-view';

/** A span of time; the end is not part of it. */
export interface Period {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** The place of a reading among those of its sensor. */
export interface ReadingPosition {
  /** Time of the measurement in microseconds since 1970, which `Date` does not hold. */
  readonly micros: string;
  readonly number: string;
}

/** Which readings of a sensor to return. Undefined filters keep all. */
export interface ReadingsQuery extends Period {
  readonly limit: number;
  /** The last reading of the previous page. */
  readonly before?: ReadingPosition | undefined;
  readonly kind?: ReadingKind | undefined;
  readonly origin?: Origin | undefined;
}

/** Readings, the one that was measured last first. */
export interface ReadingsPage {
  readonly items: ReadingView[];
  /** The position of the last one, if older ones follow. */
  readonly next?: ReadingPosition;
}

/** Which part of the feed to return. */
export interface FeedQuery {
  readonly limit: number;
  /** The position after which to continue; 0 for the beginning. */
  readonly after: string;
  readonly kind?: ReadingKind | undefined;
  readonly gatewayId?: string | undefined;
  readonly factoryId?: string | undefined;
}

/** Readings in the order of their arrival. */
export interface FeedPage {
  readonly items: ReadingView[];
  /** Where the next page begins. */
  readonly next: string;
  /** Whether more have arrived already. */
  readonly hasMore: boolean;
}

/** The public id of a reading. The day says in which partition it is. */
export interface ReadingKey {
  readonly day: string;
  readonly number: string;
}

export interface TrendQuery {
  readonly from: Date;
  readonly to: Date;
  readonly bucket: Bucket;
  readonly metrics: readonly Metric[];
}

/** The values of a metric within a bucket. */
export interface TrendPoint {
  readonly at: Date;
  readonly count: number;
  readonly min: number;
  readonly avg: number;
  readonly max: number;
  /** The one that was measured last. */
  readonly last: number;
}

export interface Trend {
  /** Of the factory. */
  readonly timeZone: string;
  readonly series: { readonly metric: Metric; readonly points: TrendPoint[] }[];
}

/** A sensor, as far as its readings need it. */
interface SensorKey {
  readonly number: number;
  readonly timeZone: string;
}

/** How many readings of the feed a request with filters examines: those that do not match are skipped, and may be nearly all. */
const EXAMINED = 2000;

/** Joins a reading with the rows above it, and keeps it only if its gateway is not deleted. */
const WITH_OWNERS = `
  JOIN sensors ON sensors.number = reading.sensor_number
  JOIN gateways ON gateways.id = sensors.gateway_id AND gateways.deleted_at IS NULL`;
const OWNERS = `sensors.id AS "sensorId", sensors.serial, gateways.id AS "gatewayId", gateways.factory_id AS "factoryId",
  gateways.organization_id AS "organizationId"`;

/** A reading of the feed, with figures of all readings that were examined. Its own columns are null if none is wanted. */
type FeedRow = (FlatRow | { readonly number: null }) & {
  /** Null if no reading was examined. */
  readonly lastPosition: string | null;
  readonly areMoreToExamine: boolean;
};

const MICROS = `(EXTRACT(EPOCH FROM reading."measuredAt") * 1000000)::bigint::text AS micros`;

/** Reads readings. Those of deleted gateways are absent. */
@Injectable()
export class ReadingsQueryRepository {
  constructor(@InjectRepository(Sensor) private readonly sensors: Repository<Sensor>) {}

  /** Pages are stable, except that late readings appear where they belong. @returns null if there is no such sensor */
  async findPage(reach: Reach, sensorId: string, query: ReadingsQuery): Promise<ReadingsPage | null> {
    const sensor = await this.findSensor(reach, sensorId);
    if (!sensor) return null;
    const parameters = new Parameters();
    const condition = pageCondition(sensor, query, parameters);
    const { limit, kind } = query;
    const newest = (time: string) => `ORDER BY ${time} DESC, number DESC LIMIT ${parameters.add(limit + 1)}`;
    const parts = (kind ? [kind] : READING_KINDS).map(
      (each) => `(SELECT ${columnsOf(each)} FROM ${TABLES[each]} WHERE ${condition} ${newest('measured_at')})`,
    );
    const rows = await this.sensors.query<(FlatRow & { micros: string })[]>(
      `SELECT reading.*, ${MICROS}, ${OWNERS} FROM (SELECT * FROM (${parts.join(' UNION ALL ')}) AS part ${newest('"measuredAt"')})
         AS reading ${WITH_OWNERS}
       ORDER BY reading."measuredAt" DESC, reading.number DESC`,
      parameters.values,
    );
    const [items, last] = [rows.slice(0, limit), rows[limit - 1]];
    const next = rows.length > limit && last ? { micros: last.micros, number: last.number } : undefined;
    return { items: items.map(toReadingView), ...(next && { next }) };
  }

  /**
   * Readings in the order of their arrival. One that is completed later appears again. Positions are drawn under a lock that is held until
   * the commit, so they become visible in their order, and a reader that continues after the last one misses none.
   */
  async findFeed(reach: Reach, query: FeedQuery): Promise<FeedPage> {
    const { limit, after, kind } = query;
    const parameters = new Parameters();
    const wanted = feedCondition(reach, query, parameters);
    const examined = parameters.add(wanted === 'true' ? limit + 1 : EXAMINED, 'integer');
    const position = parameters.add(after, 'bigint');
    const parts = (kind ? [kind] : READING_KINDS).map(
      (each) => `(SELECT ${columnsOf(each)} FROM ${TABLES[each]} WHERE feed_position > ${position}
        ORDER BY feed_position LIMIT ${examined})`,
    );
    const rows = await this.sensors.query<FeedRow[]>(
      `WITH examined AS (SELECT * FROM (${parts.join(' UNION ALL ')}) AS part ORDER BY "feedPosition" LIMIT ${examined}),
            extent AS (SELECT max("feedPosition") AS "lastPosition", count(*) = ${examined} AS "areMoreToExamine" FROM examined),
            wanted AS (SELECT reading.*, owner.* FROM examined AS reading CROSS JOIN LATERAL
                         -- Looked up for each reading, whatever PostgreSQL expects: OFFSET keeps it from joining whole tables.
                         (SELECT ${OWNERS} FROM sensors
                          JOIN gateways ON gateways.id = sensors.gateway_id AND gateways.deleted_at IS NULL
                          WHERE sensors.number = reading.sensor_number AND ${wanted} OFFSET 0) AS owner
                       ORDER BY "feedPosition" LIMIT ${parameters.add(limit + 1, 'integer')})
       SELECT wanted.*, extent.* FROM extent LEFT JOIN wanted ON true ORDER BY wanted."feedPosition"`,
      parameters.values,
    );
    return toFeedPage(rows, query);
  }

  /** @returns null if there is no such reading within reach */
  async find(reach: Reach, { day, number }: ReadingKey): Promise<ReadingView | null> {
    const parameters = new Parameters();
    const key = `day = ${parameters.add(day, 'date')} AND number = ${parameters.add(number, 'bigint')}`;
    const parts = READING_KINDS.map((kind) => `SELECT ${columnsOf(kind)} FROM ${TABLES[kind]} WHERE ${key}`);
    const conditions = ['true', ...withinReach(reach, 'gateways.organization_id', parameters)];
    const [row] = await this.sensors.query<FlatRow[]>(
      `SELECT reading.*, ${OWNERS} FROM (${parts.join(' UNION ALL ')}) AS reading ${WITH_OWNERS}
       WHERE ${conditions.join(' AND ')}`,
      parameters.values,
    );
    return row ? toReadingView(row) : null;
  }

  /** Values of a sensor over time. Buckets without a value are absent. @returns null if there is no such sensor */
  async findTrend(reach: Reach, sensorId: string, query: TrendQuery): Promise<Trend | null> {
    const sensor = await this.findSensor(reach, sensorId);
    if (!sensor) return null;
    const kinds = new Set(query.metrics.map((metric) => sourceOf(metric).kind));
    const byKind = await Promise.all(Array.from(kinds, (kind) => this.findTrendOf(sensor, kind, query)));
    const points = new Map(byKind.flat());
    const series = query.metrics.map((metric) => ({ metric, points: points.get(metric) ?? [] }));
    return { timeZone: sensor.timeZone, series };
  }

  private async findTrendOf(
    { number, timeZone }: SensorKey,
    kind: ReadingKind,
    { from, to, bucket, metrics }: TrendQuery,
  ): Promise<[Metric, TrendPoint[]][]> {
    const columns = metrics.map((metric) => ({ metric, ...sourceOf(metric) })).filter((source) => source.kind === kind);
    const figures = columns.map(({ column }, index) => trendSql(column, index));
    // The zone is used even where days are not asked for, so that it is always the same parameter.
    const rows = await this.sensors.query<({ at: Date } & Readonly<Record<string, number | null>>)[]>(
      `SELECT ${startSql(bucket)} AS at, ${figures.join(', ')} FROM ${TABLES[kind]}
       WHERE $1::text IS NOT NULL AND sensor_number = $2 AND measured_at >= $3 AND measured_at < $4 GROUP BY 1 ORDER BY 1`,
      [timeZone, number, from, to],
    );
    return columns.map(({ metric }, index) => [metric, rows.flatMap((row) => toPoint(row, index))]);
  }

  private async findSensor(reach: Reach, id: string): Promise<SensorKey | null> {
    const parameters = new Parameters();
    const conditions = [
      `sensors.id = ${parameters.add(id, 'uuid')}`,
      ...withinReach(reach, 'gateways.organization_id', parameters),
    ];
    const [sensor] = await this.sensors.query<SensorKey[]>(
      `SELECT sensors.number, factories.timezone AS "timeZone" FROM sensors
       JOIN gateways ON gateways.id = sensors.gateway_id AND gateways.deleted_at IS NULL
       JOIN factories ON factories.id = gateways.factory_id
       WHERE ${conditions.join(' AND ')}`,
      parameters.values,
    );
    return sensor ?? null;
  }
}

function pageCondition({ number }: SensorKey, query: ReadingsQuery, parameters: Parameters): string {
  const { before, from, to, origin } = query;
  const conditions = [`sensor_number = ${parameters.add(number, 'integer')}`];
  if (before) {
    const time = `'epoch'::timestamptz + ${parameters.add(before.micros, 'bigint')} * interval '1 microsecond'`;
    conditions.push(`(measured_at, number) < (${time}, ${parameters.add(before.number, 'bigint')})`);
  }
  if (from) conditions.push(`measured_at >= ${parameters.add(from, 'timestamptz')}`);
  if (to) conditions.push(`measured_at < ${parameters.add(to, 'timestamptz')}`);
  if (origin) conditions.push(`origin = ${parameters.add(origin)}`);
  return conditions.join(' AND ');
}

function feedCondition(reach: Reach, { gatewayId, factoryId }: FeedQuery, parameters: Parameters): string {
  const conditions = [
    ...withinReach(reach, 'gateways.organization_id', parameters),
    ...(gatewayId === undefined ? [] : [`gateways.id = ${parameters.add(gatewayId, 'uuid')}`]),
    ...(factoryId === undefined ? [] : [`gateways.factory_id = ${parameters.add(factoryId, 'uuid')}`]),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

function toFeedPage(rows: readonly FeedRow[], { limit, after }: FeedQuery): FeedPage {
  const wanted = rows.filter((row) => row.number !== null);
  const items = wanted.slice(0, limit).map(toReadingView);
  const last = items.at(-1);
  if (wanted.length > limit && last) return { items, next: last.feedPosition, hasMore: true };
  const [first] = rows;
  return { items, next: first?.lastPosition ?? after, hasMore: first?.areMoreToExamine ?? false };
}

function trendSql(column: string, index: number): string {
  return [
    `count(${column})::int AS count${index}, min(${column}) AS min${index}, avg(${column}) AS avg${index}`,
    `max(${column}) AS max${index}`,
    `(array_agg(${column} ORDER BY measured_at DESC, number DESC) FILTER (WHERE ${column} IS NOT NULL))[1] AS last${index}`,
  ].join(', ');
}

function toPoint(row: { at: Date } & Readonly<Record<string, unknown>>, index: number): TrendPoint[] {
  const [count, min, avg, max, last] = ['count', 'min', 'avg', 'max', 'last'].map((name) =>
    Number(row[`${name}${index}`]),
  );
  return count ? [{ at: row.at, count, min, avg, max, last } as TrendPoint] : [];
}
