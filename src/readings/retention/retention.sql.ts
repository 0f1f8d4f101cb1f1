import { boundsSql, suffixSql } from '../storage/partitions.sql';
import { TABLES } from '../storage/reading-view';

const WAVEFORMS = ['waveforms', 'waveforms_kept'];
const ALL = [...Object.values(TABLES), ...WAVEFORMS];
const BOUNDS = boundsSql('suffix');

/** SQL: the months of all partitions, what the waveforms take, and how far they are thinned; one row for each month, oldest first. */
export const USAGE_SQL = `
  WITH partition AS MATERIALIZED (
    SELECT parent.relname AS parent, ${suffixSql('child.relname')} AS suffix,
      CASE WHEN parent.relname IN (${WAVEFORMS.map((table) => `'${table}'`).join(', ')})
        THEN COALESCE(pg_total_relation_size(child.oid), 0) ELSE 0 END AS bytes
    FROM pg_inherits JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid JOIN pg_class AS parent ON parent.oid = pg_inherits.inhparent
    WHERE pg_inherits.inhparent IN (${ALL.map((table) => `'${table}'::regclass`).join(', ')})
  ), month AS (
    SELECT suffix, bool_or(parent = 'waveforms') AS "isFull", bool_or(parent <> 'waveforms') AS "hasReadings"
    FROM partition WHERE suffix NOT IN ('before_2000', 'from_2100') GROUP BY suffix
  )
  SELECT ${BOUNDS.from} AS "from", ${BOUNDS.to} AS "to", "isFull", "hasReadings", total.bytes::float8 AS bytes,
    total.thinned_before::text AS "thinnedBefore"
  FROM (SELECT (SELECT COALESCE(sum(bytes), 0) FROM partition) AS bytes, (SELECT thinned_before FROM waveform_retention) AS thinned_before)
    AS total LEFT JOIN month ON true
  ORDER BY suffix`;

/** SQL: some sensors, by their numbers. */
export const FIND_SENSORS_SQL = 'SELECT number FROM sensors WHERE number > $1 ORDER BY number LIMIT $2';

/** SQL: sensors of which readings of these days were stored or changed since a position in the feed. */
export const FIND_CHANGED_SENSORS_SQL = `
  SELECT DISTINCT sensor_number AS number FROM vibration_readings
  WHERE feed_position > $1::bigint AND day >= $2::date AND day < $3::date ORDER BY sensor_number`;

/**
 * SQL: copies the waveforms that stay: of each of these sensors and each day, those measured nearest to noon in the zone of the gateway's
 * clock, and all that are pinned. Of those that are copied already, only axes are added that have come since. What a former thinning
 * has left of a day counts, so that a waveform which arrives late takes the place of none that is nearer to noon.
 */
export const KEEP_WAVEFORMS_SQL = `
  WITH clock AS MATERIALIZED (
    SELECT sensors.number AS sensor_number, zone_or_utc(COALESCE(gateways.clock_zone, factories.timezone)) AS zone
    FROM sensors JOIN gateways ON gateways.id = sensors.gateway_id JOIN factories ON factories.id = gateways.factory_id
    WHERE sensors.number = ANY ($1::integer[])
  ), reading AS MATERIALIZED (
    SELECT found.*, clock.zone FROM clock CROSS JOIN LATERAL (
      SELECT number, day, sensor_number, measured_at, pinned FROM vibration_readings
      WHERE vibration_readings.sensor_number = clock.sensor_number AND day >= $2::date AND day < $3::date AND waveform_state = 'stored'
    ) AS found
  ), present AS MATERIALIZED (
    SELECT reading.*, (SELECT true FROM waveforms WHERE waveforms.number = reading.number AND waveforms.day = reading.day) AS is_full
    FROM reading
  ), ranked AS MATERIALIZED (
    SELECT number, day, pinned, is_full, row_number() OVER (
      PARTITION BY sensor_number, day
      ORDER BY abs(EXTRACT(EPOCH FROM measured_at - (day + interval '12 hours') AT TIME ZONE zone)), number) AS place
    FROM present
    WHERE is_full OR (SELECT true FROM waveforms_kept AS kept WHERE kept.number = present.number AND kept.day = present.day)
  )
  INSERT INTO waveforms_kept AS kept (number, day, x, y, z)
  SELECT samples.number, samples.day, samples.x, samples.y, samples.z
  FROM ranked CROSS JOIN LATERAL (
    SELECT * FROM waveforms WHERE waveforms.number = ranked.number AND waveforms.day = ranked.day OFFSET 0) AS samples
  WHERE ranked.is_full AND (ranked.place <= $4::integer OR ranked.pinned)
  ON CONFLICT (number, day) DO UPDATE SET x = COALESCE(kept.x, EXCLUDED.x), y = COALESCE(kept.y, EXCLUDED.y), z = COALESCE(kept.z, EXCLUDED.z)
  WHERE (kept.x IS NULL AND EXCLUDED.x IS NOT NULL) OR (kept.y IS NULL AND EXCLUDED.y IS NOT NULL)
    OR (kept.z IS NULL AND EXCLUDED.z IS NOT NULL)`;

/** SQL: notes that waveforms of days before this one are thinned. */
export const NOTE_THINNED_SQL = `
  INSERT INTO waveform_retention AS retention (thinned_before) VALUES ($1::date)
  ON CONFLICT (id) DO UPDATE SET thinned_before = GREATEST(retention.thinned_before, EXCLUDED.thinned_before)`;

/**
 * SQL: whether a reading of these days was received within so many days. The last number tells the last receipt, near enough. A gateway
 * with a wrong clock sends readings of long ago, which must not go as soon as they come.
 */
export const WAS_RECEIVED_SINCE_SQL = `SELECT COALESCE(GREATEST(${Object.values(TABLES)
  .map(
    (table) =>
      `(SELECT received_at FROM ${table} WHERE day >= $1::date AND day < $2::date ORDER BY number DESC LIMIT 1)`,
  )
  .join(', ')}) >= now() - $3::integer * interval '1 day', false) AS recent`;

/** SQL: forgets gaps among readings that are kept no longer anyway. */
export const EXPIRE_GAPS_SQL = `DELETE FROM reading_gaps WHERE to_day < $1::date`;
