import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { ReadingKind } from '../reading';
import { groupBy } from '../../common/group-by';
import { dayOf, NOTHING_LEARNED, textOfDay } from './history';
import type { Day, Gap, HistoryFacts } from './history';
import type { StoredCoverage } from './history-state.entity';
import { seriesOf } from './id-series';
import type { IdSeries, Island } from './id-series';
import { EMPTY, rangesOf } from './int-ranges';
import type { IntRange, IntRanges } from './int-ranges';

/** What is stored of the history of one gateway and kind. */
export interface KnownHistory {
  readonly today: Day;
  /** Until the next day begins at the gateway, in milliseconds. */
  readonly untilMidnightMs: number;
  readonly since: Day;
  readonly era: number;
  readonly facts: HistoryFacts;
  readonly coverage: StoredCoverage;
  readonly lostAt: Date | null;
  readonly verifiedThrough: Date | null;
  readonly avoided: IntRanges;
  readonly serials: readonly number[];
}

/** What a run has shown, to be stored. */
export interface HistoryProgress {
  readonly since: Day;
  readonly era: number;
  readonly facts: HistoryFacts;
  readonly coverage: StoredCoverage;
  readonly gaps: readonly Gap[];
  readonly lostAt: Date | null;
  /** Null leaves what is stored. */
  readonly verifiedThrough: Date | null;
  readonly oldestDay: Day | null;
}

interface IslandRow {
  /** Zero for all sensors of the gateway. */
  readonly serial: number;
  readonly from: number;
  readonly to: number;
  readonly fromDay: string;
  readonly toDay: string;
}

interface StateRow {
  readonly today: string;
  readonly untilMidnightMs: number;
  readonly since: string | null;
  readonly storedEra: number | null;
  readonly era: number;
  readonly facts: HistoryFacts | null;
  readonly coverage: StoredCoverage | null;
  readonly lostAt: Date | null;
  readonly verifiedThrough: Date | null;
  readonly serials: number[];
  readonly avoided: [string, string][];
}

const NO_COVERAGE: StoredCoverage = { covered: EMPTY, coveredByIds: EMPTY, absent: [] };

/** What is known of gateways' histories. For the process that runs the sessions: it is the only one that asks gateways. */
@Injectable()
export class HistoryStatesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param backfillDays how far back the history of a gateway is wanted
   * @returns null if the gateway is not in the database
   */
  async read(gatewayId: string, kind: ReadingKind, backfillDays: number): Promise<KnownHistory | null> {
    const [row] = await this.dataSource.query<StateRow[]>(STATE_SQL, [gatewayId, kind]);
    if (!row) return null;
    const today = dayOf(row.today);
    const { facts, coverage, era, storedEra, lostAt, verifiedThrough, serials, untilMidnightMs } = row;
    const isSameEra = !storedEra || storedEra === era; // The first era is 1: before it, no number was stored.
    const known = facts ?? NOTHING_LEARNED;
    return {
      ...{ today, untilMidnightMs, era, lostAt, verifiedThrough, serials },
      since: Math.max(today - backfillDays, row.since === null ? -Infinity : dayOf(row.since)),
      facts: isSameEra ? known : { ...known, idScope: 'unknown' },
      coverage: coverage === null ? NO_COVERAGE : { ...coverage, absent: isSameEra ? coverage.absent : [] },
      avoided: rangesOf(row.avoided.map(([from, to]) => ({ from: dayOf(from), to: dayOf(to) }))),
    };
  }

  /** The record numbers that are stored since a day: of the gateway, or of each sensor that has any. */
  async readSeries(gatewayId: string, kind: ReadingKind, known: KnownHistory): Promise<IdSeries[]> {
    if (known.facts.idScope === 'none') return [];
    const isShared = known.facts.idScope === 'gateway';
    const parameters = [gatewayId, known.era, textOfDay(known.since), isShared];
    const islands = await this.dataSource.query<IslandRow[]>(islandsSql(kind), parameters);
    const bySerial = groupBy(islands, ({ serial }) => serial);
    return [...bySerial].map(([serial, own]) => {
      const serials = serial === 0 ? [] : [serial];
      return seriesOf(serials, own.map(toIsland), absentOf(known.coverage, serial));
    });
  }

  /** The day of the newest record that was stored before a time; null if there is none. */
  async newestDay(gatewayId: string, kind: ReadingKind, since: Day, before: Date): Promise<Day | null> {
    const [row] = await this.dataSource.query<{ day: string | null }[]>(
      `SELECT max(day)::text AS day FROM ${kind}_readings
       WHERE sensor_number IN (SELECT number FROM sensors WHERE gateway_id = $1) AND day >= $2 AND received_at < $3`,
      [gatewayId, textOfDay(since), before],
    );
    return row?.day == null ? null : dayOf(row.day);
  }

  /** Stores all that a run has shown, in one transaction. */
  async save(gatewayId: string, kind: ReadingKind, progress: HistoryProgress): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const { since, facts, coverage, era, lostAt, verifiedThrough, oldestDay } = progress;
      await manager.query(SAVE_SQL, [
        ...[gatewayId, kind, textOfDay(since), facts, JSON.stringify(coverage), era, lostAt, verifiedThrough],
        oldestDay === null ? null : textOfDay(oldestDay),
      ]);
      const shared = coverage.absent.find(({ serial }) => serial === 0);
      if (shared) await manager.query(ABSENT_SQL, [gatewayId, kind, era, multirange(shared.ranges)]);
      for (const gap of progress.gaps) await addGap(manager, gatewayId, kind, gap);
      if (verifiedThrough !== null) await manager.query(FILL_SQL, [gatewayId, kind, datesOf(coverage.covered)]);
    });
  }
}

const STATE_SQL = `
  SELECT clock.today::date::text AS today,
    (EXTRACT(EPOCH FROM clock.today::date + 1 - clock.today) * 1000)::float8 AS "untilMidnightMs",
    states.since::text AS since, states.era AS "storedEra", COALESCE(ledger.era, 0) AS era, states.facts, states.coverage,
    states.lost_at AS "lostAt", states.verified_through AS "verifiedThrough",
    ARRAY(SELECT serial::float8 FROM sensors WHERE gateway_id = gateways.id ORDER BY serial) AS serials,
    COALESCE((SELECT jsonb_agg(DISTINCT jsonb_build_array(gaps.from_day::text, gaps.to_day::text))
      FROM reading_gaps AS gaps JOIN sensors ON sensors.number = gaps.sensor_number
      WHERE sensors.gateway_id = gateways.id AND gaps.kind = $2 AND gaps.state <> 'filled' AND gaps.reason = 'too_dense'
    ), '[]') AS avoided
  FROM gateways
  JOIN factories ON factories.id = gateways.factory_id
  CROSS JOIN LATERAL (SELECT now() AT TIME ZONE zone_or_utc(COALESCE(gateways.clock_zone, factories.timezone)) AS today) AS clock
  LEFT JOIN history_states AS states ON states.gateway_id = gateways.id AND states.kind = $2
  LEFT JOIN LATERAL (
    SELECT max(era) AS era FROM record_ranges WHERE record_ranges.gateway_id = gateways.id AND record_ranges.kind = $2
  ) AS ledger ON true
  WHERE gateways.id = $1 AND gateways.deleted_at IS NULL`;

const SAVE_SQL = `
  INSERT INTO history_states AS stored (gateway_id, kind, since, facts, coverage, era, lost_at, verified_through, oldest_day)
  SELECT id, $2, $3::date, $4::jsonb, $5::jsonb, $6::integer, $7::timestamptz, $8::timestamptz, $9::date FROM gateways WHERE id = $1
  ON CONFLICT (gateway_id, kind) DO UPDATE SET since = EXCLUDED.since, facts = EXCLUDED.facts, coverage = EXCLUDED.coverage,
    era = EXCLUDED.era, lost_at = EXCLUDED.lost_at, updated_at = now(),
    verified_through = COALESCE(EXCLUDED.verified_through, stored.verified_through),
    oldest_day = LEAST(EXCLUDED.oldest_day, stored.oldest_day)`;

const ABSENT_SQL = `
  UPDATE record_ranges SET absent = $4::int8multirange - known
  WHERE gateway_id = $1 AND kind = $2 AND era = $3 AND absent <> $4::int8multirange - known`;

/** SQL: adds a gap of each sensor, unless one that is known covers it; a gap that begins on the same day is made longer. */
const ADD_GAP_SQL = `
  WITH owners AS (
    SELECT number FROM sensors WHERE gateway_id = $1 AND (cardinality($3::bigint[]) = 0 OR serial = ANY ($3::bigint[]))
  ), longer AS (
    UPDATE reading_gaps SET to_day = GREATEST(to_day, $5::date), changed_at = now()
    WHERE sensor_number IN (SELECT number FROM owners) AND kind = $2 AND reason = $6 AND state <> 'filled'
      AND from_day <= $4::date AND to_day >= $4::date - 1
    RETURNING sensor_number
  )
  INSERT INTO reading_gaps (sensor_number, kind, from_day, to_day, reason)
  SELECT number, $2, $4::date, $5::date, $6 FROM owners WHERE number NOT IN (SELECT sensor_number FROM longer)`;

/** SQL: gaps on days that were fetched as a whole since. */
const FILL_SQL = `
  UPDATE reading_gaps SET state = 'filled', changed_at = now()
  FROM sensors
  WHERE sensors.number = reading_gaps.sensor_number AND sensors.gateway_id = $1 AND reading_gaps.kind = $2
    AND reading_gaps.state = 'open' AND reading_gaps.reason IN ('too_dense', 'answer_missing')
    AND daterange(from_day, to_day, '[]') <@ $3::datemultirange`;

/** SQL: the stored record numbers of the sensors of a gateway, as ranges of consecutive ones. */
function islandsSql(kind: ReadingKind): string {
  return `
    WITH ids AS (
      SELECT CASE WHEN $4::boolean THEN 0 ELSE sensors.serial END AS serial, record_id, min(day) AS first, max(day) AS last
      FROM sensors JOIN ${kind}_readings AS readings ON readings.sensor_number = sensors.number
      WHERE sensors.gateway_id = $1 AND readings.era = $2 AND readings.day >= $3 AND readings.record_id >= 0
      GROUP BY 1, 2
    )
    SELECT serial::float8, min(record_id)::float8 AS from, max(record_id)::float8 AS to,
      min(first)::text AS "fromDay", max(last)::text AS "toDay"
    FROM (SELECT *, record_id - row_number() OVER (PARTITION BY serial ORDER BY record_id) AS island FROM ids) AS numbered
    GROUP BY serial, island ORDER BY serial, 2`;
}

async function addGap(manager: EntityManager, gatewayId: string, kind: ReadingKind, gap: Gap): Promise<void> {
  const { serials, days, reason } = gap;
  await manager.query(ADD_GAP_SQL, [gatewayId, kind, serials, textOfDay(days.from), textOfDay(days.to), reason]);
}

function absentOf({ absent }: StoredCoverage, serial: number): IntRanges {
  return absent.find((one) => one.serial === serial)?.ranges ?? EMPTY;
}

function toIsland({ from, to, fromDay, toDay }: IslandRow): Island {
  return { from, to, fromDay: dayOf(fromDay), toDay: dayOf(toDay) };
}

function multirange(ranges: IntRanges): string {
  return `{${ranges.map(({ from, to }) => `[${from},${to}]`).join()}}`;
}

function datesOf(days: readonly IntRange[]): string {
  return `{${days.map(({ from, to }) => `[${textOfDay(from)},${textOfDay(to)}]`).join()}}`;
}
