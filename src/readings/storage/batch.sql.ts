import { instantsSql, instantSql, isSkippedSql } from './measured-time.sql';

/**
 * SQL: for each record of a batch, its sensor, the time of its measurement, and a number from `reading_numbers`. Records of gateways that
 * are not in the table are missing; the sensor is null if it is not in the table.
 *
 * A time without an offset is one of the clock's zone: that of the gateway, or of its factory. See `instantsSql` for summer time.
 */
export const BATCH_CONTEXT_SQL = `
  WITH given AS (
    SELECT * FROM unnest($1::integer[], $2::uuid[], $3::bigint[], $4::timestamp[], $5::text[], $6::timestamptz[], $7::boolean[])
      AS given (position, gateway_id, serial, local, utc_offset, received_at, is_live)
  ), clock AS MATERIALIZED (
    SELECT gateways.id AS gateway_id, gateways.organization_id, gateways.factory_id,
      zone_or_utc(COALESCE(gateways.clock_zone, factories.timezone)) AS zone
    FROM gateways JOIN factories ON factories.id = gateways.factory_id
    WHERE gateways.id IN (SELECT gateway_id FROM given)
  ), dated AS (
    SELECT given.position, clock.organization_id AS "organizationId", clock.factory_id AS "factoryId",
      sensors.id AS "sensorId", sensors.number AS "sensorNumber",
      COALESCE((sensors.settings ->> 'sample_rate_hz')::float8, sensors.fs_hz) AS "sampleRateHz",
      CASE WHEN sensors.settings ->> 'sample_rate_hz' IS NOT NULL THEN 'operator' WHEN sensors.fs_hz IS NOT NULL THEN 'sensor' END
        AS "rateSource",
      CASE
        WHEN given.local IS NULL THEN given.received_at
        WHEN given.utc_offset IS NOT NULL THEN (given.local::text || given.utc_offset)::timestamptz
        ELSE ${instantSql('given.is_live', 'given.received_at')}
      END AS "measuredAt",
      COALESCE(given.utc_offset IS NULL AND twin.at IS NOT NULL, false) AS "isAmbiguous",
      COALESCE(given.utc_offset IS NULL AND ${isSkippedSql('given.local', 'clock.zone')}, false) AS "isShifted"
    FROM given
    JOIN clock ON clock.gateway_id = given.gateway_id
    LEFT JOIN sensors ON sensors.gateway_id = given.gateway_id AND sensors.serial = given.serial
    ${instantsSql('given.local', 'clock.zone')}
    ORDER BY given.position
  )
  SELECT dated.*, nextval('reading_numbers')::float8 AS drawn FROM dated`;

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
  WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS given (gateway_id, kind, record_id)
  )
  SELECT ledger.gateway_id AS "gatewayId", ledger.kind, ledger.era, ledger.scope, (upper(ledger.known) - 1)::float8 AS "highestId",
    ledger.last_day::text AS "lastDay",
    ARRAY(SELECT given.record_id::text FROM given WHERE given.gateway_id = ledger.gateway_id AND given.kind = ledger.kind
      AND ledger.known @> given.record_id) AS "knownIds"
  FROM record_ranges AS ledger WHERE (ledger.gateway_id, ledger.kind) IN (SELECT gateway_id, kind FROM given)`;

/** SQL: adds ids to the ledger. Writes no row that knows them already. */
export const EXTEND_LEDGER_SQL = `
  INSERT INTO record_ranges AS ledger (gateway_id, kind, era, scope, known, last_day)
  SELECT gateway_id, kind, era, min(scope), range_agg(int8range(record_id, record_id, '[]')),
    (array_agg(day ORDER BY record_id DESC))[1]
  FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::bigint[], $6::date[])
    AS given (gateway_id, kind, era, scope, record_id, day)
  GROUP BY gateway_id, kind, era ORDER BY gateway_id, kind, era
  ON CONFLICT (gateway_id, kind, era) DO UPDATE SET known = ledger.known + EXCLUDED.known, absent = ledger.absent - EXCLUDED.known,
    last_day = CASE WHEN upper(EXCLUDED.known) >= upper(ledger.known) THEN EXCLUDED.last_day ELSE ledger.last_day END
  WHERE NOT ledger.known @> EXCLUDED.known`;

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
