import { AXES } from '../reading';
import type { ReadingKind } from '../reading';
import { instantsSql, instantSql, isSkippedSql } from './measured-time.sql';
import { TABLES } from './reading-view';

/** The parts of a time that `readTime` can read. Without anchors: white space may surround it. */
const WRITTEN = String.raw`(\d{4}-\d\d-\d\d)(?:(?:T| +)(\d\d:\d\d)(:\d\d(?:\.\d{1,6})?)? ?(Z|[+-]\d\d(?::?\d\d)?)?)?`;

const KEY = ['sensor_number', 'era', 'record_id', 'day'];

/**
 * SQL: computes the times of some readings of one sensor anew, in the zone that the clock of the gateway has now. The rules are those of
 * `readTime`, `BatchContext` and `toRow`. Parameters: gateway, the days of a partition (from, and behind the last), the key of the
 * reading after which to begin, and how many to examine. Returns the last key, and how many readings have another time now; no row if
 * the partition has no more readings of the gateway.
 */
export function correctChunkSql(kind: ReadingKind): string {
  const table = TABLES[kind];
  const within = (alias: string) =>
    `${alias}.day >= $2::date AND ${alias}.day < $3::date
      AND (${KEY.map((name) => `${alias}.${name}`).join(', ')}) > ($4::integer, $5::integer, $6::bigint, $7::date)`;
  return `
    WITH sensor AS MATERIALIZED (
      SELECT sensors.number FROM sensors
      WHERE sensors.gateway_id = $1 AND sensors.number >= $4
        AND EXISTS (SELECT FROM ${table} AS readings WHERE readings.sensor_number = sensors.number AND ${within('readings')})
      ORDER BY sensors.number LIMIT 1
    ), clock AS MATERIALIZED (
      SELECT zone_or_utc(COALESCE(gateways.clock_zone, factories.timezone)) AS zone
      FROM gateways JOIN factories ON factories.id = gateways.factory_id WHERE gateways.id = $1
    ), chunk AS MATERIALIZED (
      SELECT ${KEY.map((name) => `readings.${name}`).join(', ')}, measured_at, received_at, time_quality, origin <> 'history' AS is_live,
        CASE WHEN time_quality <> 'receipt' THEN regexp_match(time_text, '${WRITTEN}', 'i') END AS parts
      FROM ${table} AS readings
      WHERE readings.sensor_number = (SELECT number FROM sensor) AND ${within('readings')}
      ORDER BY ${KEY.map((name) => `readings.${name}`).join(', ')} LIMIT $8
    ), written AS MATERIALIZED (
      SELECT chunk.*, (parts[1] || ' ' || COALESCE(parts[2], '00:00') || COALESCE(parts[3], ':00'))::timestamp AS local
      FROM chunk WHERE parts[4] IS NULL AND parts IS NOT NULL
    ), dated AS MATERIALIZED (
      SELECT written.*, date_trunc('milliseconds', ${instantSql('written.is_live', 'written.received_at')}) AS at,
        other.at IS NOT NULL AS is_ambiguous, ${isSkippedSql('written.local', 'clock.zone')} AS is_skipped
      FROM written CROSS JOIN clock ${instantsSql('written.local', 'clock.zone')}
    ), judged AS MATERIALIZED (
      SELECT dated.*, CASE
          WHEN at < '2000-01-01T00:00:00Z' OR at - received_at > interval '2 days' THEN 'implausible'
          WHEN parts[2] IS NULL THEN 'day'
          WHEN is_ambiguous THEN 'ambiguous'
          WHEN is_skipped THEN 'shifted'
          WHEN parts[3] IS NULL THEN 'minute'
          ELSE 'second'
        END AS quality
      FROM dated
    ), corrected AS (
      UPDATE ${table} AS stored SET measured_at = judged.at, time_quality = judged.quality, feed_position = nextval('reading_numbers')
      FROM judged
      WHERE ${KEY.map((name) => `stored.${name} = judged.${name}`).join(' AND ')} AND stored.day >= $2::date AND stored.day < $3::date
        AND (judged.measured_at, judged.time_quality) IS DISTINCT FROM (judged.at, judged.quality)
      RETURNING stored.number
    )
    SELECT sensor_number AS "sensorNumber", era, record_id::text AS "recordId", day::text AS day,
      (SELECT count(*) FROM corrected)::integer AS corrected
    FROM chunk ORDER BY era DESC, record_id DESC, day DESC LIMIT 1`;
}

/** SQL: finds the latest reading of a sensor anew: the times of its readings have changed. A time that lies ahead does not count. */
export function findLatestSql(kind: ReadingKind): string {
  const value = kind === 'vibration' ? `GREATEST(${AXES.map((axis) => `${axis}_rms`).join(', ')})` : 'value';
  return `
    UPDATE sensors SET (latest_${kind}_measured_at, latest_${kind}_day, latest_${kind}_number, latest_${kind}_value) = (
      SELECT measured_at, day, number, ${value} FROM ${TABLES[kind]} AS readings
      WHERE readings.sensor_number = sensors.number AND measured_at - received_at <= interval '2 days'
      ORDER BY measured_at DESC, number DESC LIMIT 1
    ) WHERE number = $1`;
}
