import { instantsSql, isSkippedSql } from './measured-time.sql';

/**
 * SQL: waits for the lock of the writers, and draws a number from `reading_numbers` for each record of a batch; returns the first one.
 * They follow each other, because nobody draws without the lock. The join makes each draw wait for the lock.
 */
export const LOCK_AND_DRAW_SQL = `
  SELECT min(nextval('reading_numbers'))::float8 AS first
  FROM (SELECT pg_advisory_xact_lock($1, $2) OFFSET 0) AS lock CROSS JOIN generate_series(1, $3)`;

/**
 * SQL: the sensors of a batch, and the zones of their clocks: that of the gateway, or of its factory. Those of gateways that are not in the
 * table are missing; the sensor is null if it is not in the table.
 */
export const FIND_SENSORS_SQL = `
  SELECT gateways.id AS "gatewayId", given.serial::float8 AS serial, gateways.organization_id AS "organizationId",
    gateways.factory_id AS "factoryId", COALESCE(gateways.clock_zone, factories.timezone) AS zone,
    sensors.id AS "sensorId", sensors.number AS "sensorNumber",
    COALESCE((sensors.settings ->> 'sample_rate_hz')::float8, sensors.fs_hz) AS "sampleRateHz",
    CASE WHEN sensors.settings ->> 'sample_rate_hz' IS NOT NULL THEN 'operator' WHEN sensors.fs_hz IS NOT NULL THEN 'sensor' END
      AS "rateSource"
  FROM unnest($1::uuid[], $2::bigint[]) AS given (gateway_id, serial)
  JOIN gateways ON gateways.id = given.gateway_id
  JOIN factories ON factories.id = gateways.factory_id
  LEFT JOIN sensors ON sensors.gateway_id = given.gateway_id AND sensors.serial = given.serial`;

/** SQL: the instants of local times, in their order; see `instantsSql` for summer time. A time without an offset is one of the zone. */
export const READ_TIMES_SQL = `
  WITH given AS (
    SELECT * FROM unnest($1::text[], $2::timestamp[], $3::text[]) WITH ORDINALITY AS given (zone, local, utc_offset, place)
  ), clock AS MATERIALIZED (
    SELECT zone AS name, zone_or_utc(zone) AS zone FROM (SELECT DISTINCT zone FROM given OFFSET 0) AS named
  )
  SELECT
    CASE WHEN given.utc_offset IS NULL THEN usual.at ELSE (given.local::text || given.utc_offset)::timestamptz END AS at,
    CASE WHEN given.utc_offset IS NULL THEN other.at END AS other,
    given.utc_offset IS NULL AND ${isSkippedSql('given.local', 'clock.zone')} AS "isShifted"
  FROM given
  JOIN clock ON clock.name = given.zone
  ${instantsSql('given.local', 'clock.zone')}
  ORDER BY given.place`;

/** SQL: adds sensors that no inventory and no reading has named before. */
export const ADD_SENSORS_SQL = `
  INSERT INTO sensors (gateway_id, serial)
  SELECT DISTINCT given.gateway_id, given.serial
  FROM unnest($1::uuid[], $2::bigint[]) AS given (gateway_id, serial) JOIN gateways ON gateways.id = given.gateway_id
  -- Without this, each attempt would use up a number of the identity column.
  WHERE NOT EXISTS (SELECT FROM sensors WHERE sensors.gateway_id = given.gateway_id AND sensors.serial = given.serial)
  ORDER BY 1, 2
  ON CONFLICT (gateway_id, serial) DO NOTHING`;

/** SQL: the eras of each gateway and kind of a batch, and which ids of the batch they have. */
export const FIND_ERAS_SQL = `
  SELECT ledger.gateway_id AS "gatewayId", ledger.kind, ledger.era, ledger.scope, (upper(ledger.known) - 1)::float8 AS "highestId",
    ledger.last_day::text AS "lastDay",
    ARRAY(SELECT generate_series(lower(range), upper(range) - 1)::text FROM unnest(ledger.known * given.ids) AS range) AS "knownIds"
  FROM unnest($1::uuid[], $2::text[], $3::int8multirange[]) AS given (gateway_id, kind, ids)
  JOIN record_ranges AS ledger ON ledger.gateway_id = given.gateway_id AND ledger.kind = given.kind`;

/** SQL: adds ids to the ledger. Writes no row that knows them already. */
export const EXTEND_LEDGER_SQL = `
  INSERT INTO record_ranges AS ledger (gateway_id, kind, era, scope, known, last_day)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::int8multirange[], $6::date[])
    AS given (gateway_id, kind, era, scope, ids, last_day)
  ORDER BY gateway_id, kind, era
  ON CONFLICT (gateway_id, kind, era) DO UPDATE SET known = ledger.known + EXCLUDED.known, absent = ledger.absent - EXCLUDED.known,
    last_day = CASE WHEN upper(EXCLUDED.known) >= upper(ledger.known) THEN EXCLUDED.last_day ELSE ledger.last_day END
  WHERE NOT ledger.known @> EXCLUDED.known`;

/** SQL: adds blocks of waveforms, or those of axes that came later. All blocks are in $9; start and length of each are given by axis. */
export const ADD_WAVEFORMS_SQL = `
  INSERT INTO waveforms AS stored (number, day, x, y, z)
  SELECT number, day, substring($9::bytea, x_start, x_length), substring($9::bytea, y_start, y_length),
    substring($9::bytea, z_start, z_length)
  FROM unnest($1::bigint[], $2::date[], $3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::integer[], $8::integer[])
    AS given (number, day, x_start, x_length, y_start, y_length, z_start, z_length)
  ON CONFLICT (number, day) DO UPDATE SET x = COALESCE(stored.x, EXCLUDED.x), y = COALESCE(stored.y, EXCLUDED.y),
    z = COALESCE(stored.z, EXCLUDED.z)`;

/**
 * SQL: the latest reading of sensors, by the time of measurement. Locks the rows in the order of their numbers, as everybody must who
 * changes many sensors.
 */
export function advanceLatestSql(kind: string): string {
  return `
    WITH given AS MATERIALIZED (
      SELECT * FROM unnest($1::integer[], $2::timestamptz[], $3::date[], $4::bigint[], $5::float8[])
        AS given (sensor_number, measured_at, day, number, value)
    ), locked AS MATERIALIZED (
      SELECT number FROM sensors WHERE number IN (SELECT sensor_number FROM given) ORDER BY number FOR NO KEY UPDATE
    )
    UPDATE sensors SET latest_${kind}_measured_at = given.measured_at, latest_${kind}_day = given.day,
      latest_${kind}_number = given.number, latest_${kind}_value = given.value
    FROM given JOIN locked ON locked.number = given.sensor_number
    WHERE sensors.number = given.sensor_number AND (sensors.latest_${kind}_measured_at IS NULL
      OR sensors.latest_${kind}_measured_at < given.measured_at OR sensors.latest_${kind}_number = given.number)`;
}
