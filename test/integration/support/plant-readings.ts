import type { EncodedReading } from '../../../src/readings/reading';
import { DROP_PARTITIONS } from '../../support/database';
import { aRecord, aWave, encodeAll } from './readings';

/** Of each of the first thousand gateways. */
const SENSORS_EACH = 20;
const GATEWAYS = 1000;

/** Gateways that have been heard. */
const LEDGERS = 20_000;

/** The months that have a partition. */
const MONTHS = ['2026-01', '2026-02', '2026-03', '2026-04'];

/** Rows of one partition. */
export const MONTHLY = 40_000;
const TOTAL = MONTHLY * MONTHS.length;

const TABLES = ['vibration_readings', 'temperature_readings', 'battery_readings'];

/** Row counts of the tables of readings; of partitioned ones, those of each partition. */
export const READING_ROWS: Readonly<Record<string, number>> = {
  sensors: GATEWAYS * SENSORS_EACH,
  ...Object.fromEntries([...TABLES, 'waveforms'].map((table) => [table, MONTHLY])),
  record_ranges: 3 * LEDGERS,
  unreadable_records: 20_000,
};

/** Record `n` of all: its sensor, its day, and the id that its gateway gave it. */
const RECORDS = `generate_series(0, ${TOTAL - 1}) AS n, LATERAL (SELECT
  1 + n % ${GATEWAYS * SENSORS_EACH} AS sensor_number, 1 + n / ${GATEWAYS} AS record_id,
  ('2026-01-01'::date + (n / ${MONTHLY}) * interval '1 month' + (n % 28) * interval '1 day')::date AS day) AS record`;

export const FILL_READINGS: readonly string[] = [
  `INSERT INTO sensors (gateway_id, serial, name)
   SELECT id, serial, serial::text FROM (SELECT id FROM gateways WHERE deleted_at IS NULL ORDER BY name, id LIMIT ${GATEWAYS}) AS chosen,
     generate_series(1, ${SENSORS_EACH}) AS serial`,
  // Those of the present months: PostgreSQL would read empty ones whole.
  DROP_PARTITIONS,
  `SELECT make_reading_partitions(ARRAY[${MONTHS.map((month) => `'${month}-01'::date`).join()}])`,
  ...TABLES.map(
    (table, index) => `
      INSERT INTO ${table} (sensor_number, era, record_id, day, number, feed_position, measured_at, received_at, time_text,
        time_quality, origin, ${table === 'vibration_readings' ? 'samples, x_mean, x_rms, waveform_state' : 'value'})
      SELECT sensor_number, 1, record_id, day, n + ${index * TOTAL}, n + ${index * TOTAL}, day + interval '10 hours', day + interval '10 hours',
        day || ' 10:00', 'minute', 'live', ${table === 'vibration_readings' ? `4096, 0, 0.5, 'stored'` : '23'}
      FROM ${RECORDS}`,
  ),
  `SELECT setval('reading_numbers', ${TABLES.length * TOTAL})`,
  `INSERT INTO waveforms (day, number, x) SELECT day, number, '\\x0100000000000000' FROM vibration_readings`,
  `INSERT INTO record_ranges (gateway_id, kind, era, known, last_day)
   SELECT gateway_id, kind, 1, '{[1,161)}', '2026-04-28'
   FROM (SELECT id AS gateway_id FROM gateways WHERE deleted_at IS NULL ORDER BY name, id LIMIT ${LEDGERS}) AS chosen, unnest(ARRAY['vibration', 'temperature', 'battery']) AS kind`,
  // None has expired: what is deleted would be a large part.
  `INSERT INTO unreadable_records (id, gateway_id, kind, problem, reason, text, received_at)
   SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '70008' || left(md5(n::text), 15))::uuid, gateway_id,
     'vibration', 'unreadable', 'no number', '{}', t
   FROM generate_series(1, 20000) AS n, LATERAL (SELECT now() - n * interval '100 s') AS at (t),
     LATERAL (SELECT gateway_id FROM sensors WHERE number = 1 + n % ${GATEWAYS * SENSORS_EACH}) AS sensor`,
];

/** New readings, some that complete and some that contradict a stored one, of all kinds. */
export function aBatch(gatewayIds: readonly string[]): Promise<EncodedReading[]> {
  const records = gatewayIds.slice(0, 20).flatMap((gatewayId, index) => {
    const receivedAt = new Date('2026-04-20T10:00:00Z');
    const each = { serial: 1 + (index % 22), receivedAt, timeText: '2026-04-20 10:00' }; // Some of the sensors are new.
    return [
      aRecord(gatewayId, { ...each, recordId: 1000 }),
      aRecord(gatewayId, { ...each, recordId: 1000, kind: 'battery', value: 24 }),
      aRecord(gatewayId, { ...each, recordId: 100, kind: 'vibration', axes: { x: aWave(1), y: aWave(2) } }),
      aRecord(gatewayId, { ...each, recordId: null, timeText: null, origin: 'history' }),
    ];
  });
  return encodeAll(records);
}
