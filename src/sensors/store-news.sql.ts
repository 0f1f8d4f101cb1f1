import { timeOf } from '../common/clock';
import type { GatewayNews } from './gateway-news';
import type { ReportedSensor } from './reported-sensor';

/** The columns that gateways report, and their types. */
const REPORTED = {
  connected: 'boolean',
  access_point_serial: 'bigint',
  part_number: 'text',
  hw_version: 'text',
  fw_version: 'text',
  read_rate: 'float8',
  read_period: 'float8',
  samples: 'integer',
  g_mode: 'text',
  freq_mode: 'text',
  coupling: 'float8',
  fs_hz: 'float8',
  fmax_hz: 'float8',
} as const;

const columns = Object.keys(REPORTED);

/** What a column becomes: what is reported, or what is known if nothing is. */
const next = (column: string) => `COALESCE(EXCLUDED.${column}, known.${column})`;
/** Without the fields that are reported as null. Null if nothing is left. */
const NEXT_EXTRA = `NULLIF(jsonb_strip_nulls(COALESCE(known.extra, '{}') || COALESCE(EXCLUDED.extra, '{}')), '{}')`;
/** An inventory lists it, or there is no inventory and it was listed. */
const NEXT_LISTED = `(EXCLUDED.listed OR (known.listed AND EXCLUDED.gateway_id NOT IN (SELECT gateway_id FROM inventories)))`;

/**
 * SQL: stores what gateways have reported of sensors and access points. Reads only living gateways. Rows that would not change are not
 * written. Sensors that an inventory lacks become unlisted.
 *
 * Rows are locked in the order of gateway and serial.
 */
export const STORE_NEWS_SQL = `
WITH seen AS (
    SELECT seen.* FROM jsonb_to_recordset($1) AS seen (gateway_id uuid, at timestamptz, serial bigint, name text, listed boolean,
      ${Object.entries(REPORTED)
        .map(([column, type]) => `${column} ${type}`)
        .join(', ')}, extra jsonb)
    JOIN gateways ON gateways.id = seen.gateway_id AND deleted_at IS NULL),
  inventories AS (
    SELECT gateway_id, ARRAY(SELECT jsonb_array_elements_text(listed)::bigint) AS serials
    FROM jsonb_to_recordset($2) AS inventory (gateway_id uuid, listed jsonb)),
  stored AS (
    INSERT INTO sensors AS known (gateway_id, serial, name, listed, connection_changed_at, ${columns.join(', ')}, extra)
    SELECT gateway_id, serial, name, listed, CASE WHEN connected IS NOT NULL THEN at END, ${columns.join(', ')},
      NULLIF(jsonb_strip_nulls(extra), '{}')
    FROM seen ORDER BY gateway_id, serial
    ON CONFLICT (gateway_id, serial) DO UPDATE SET
      ${columns.map((column) => `${column} = ${next(column)}`).join(', ')},
      extra = ${NEXT_EXTRA}, listed = ${NEXT_LISTED},
      connection_changed_at = CASE WHEN known.connected IS DISTINCT FROM ${next('connected')}
        THEN EXCLUDED.connection_changed_at ELSE known.connection_changed_at END
    WHERE (${[...columns, 'extra', 'listed'].map((column) => `known.${column}`).join(', ')})
      IS DISTINCT FROM (${[...columns.map(next), NEXT_EXTRA, NEXT_LISTED].join(', ')})),
  gone AS (
    UPDATE sensors SET listed = false FROM inventories
    WHERE sensors.gateway_id = inventories.gateway_id AND sensors.listed AND sensors.serial <> ALL (serials)
      AND NOT EXISTS (SELECT FROM seen WHERE seen.gateway_id = sensors.gateway_id AND seen.serial = sensors.serial)),
  points AS (
    SELECT point.* FROM jsonb_to_recordset($3) AS point (gateway_id uuid, serial bigint, connected boolean, at timestamptz)
    JOIN gateways ON gateways.id = point.gateway_id AND deleted_at IS NULL)
INSERT INTO access_points AS known (gateway_id, serial, connected, connection_changed_at)
SELECT gateway_id, serial, connected, CASE WHEN connected IS NOT NULL THEN at END FROM points ORDER BY gateway_id, serial
ON CONFLICT (gateway_id, serial) DO UPDATE SET connected = EXCLUDED.connected, connection_changed_at = EXCLUDED.connection_changed_at
WHERE EXCLUDED.connected IS NOT NULL AND known.connected IS DISTINCT FROM EXCLUDED.connected`;

/** The parameters of `STORE_NEWS_SQL`: sensors, inventories and access points, each as JSON. */
export function newsParameters(news: readonly GatewayNews[]): [string, string, string] {
  const sensors = news.flatMap(({ gatewayId, at, listed, sensors: reported }) => {
    const inList = new Set(listed);
    return Array.from(reported.values(), (sensor) => ({
      ...{ gateway_id: gatewayId, at: timeOf(at), listed: inList.has(sensor.serial) },
      ...toColumns(sensor),
    }));
  });
  const inventories = news.flatMap(({ gatewayId, listed }) => (listed ? [{ gateway_id: gatewayId, listed }] : []));
  const points = news.flatMap(({ gatewayId, at, accessPoints }) =>
    Array.from(accessPoints, ([serial, connected]) => ({ gateway_id: gatewayId, serial, connected, at: timeOf(at) })),
  );
  return [JSON.stringify(sensors), JSON.stringify(inventories), JSON.stringify(points)];
}

type Column = keyof typeof REPORTED | 'serial' | 'name' | 'extra';

function toColumns(sensor: ReportedSensor): Record<Column, unknown> {
  return {
    serial: sensor.serial,
    name: sensor.nickname, // The name of a new row; users may have changed that of an older one.
    connected: sensor.connected,
    access_point_serial: sensor.accessPointSerial,
    part_number: sensor.partNumber,
    hw_version: sensor.hwVersion,
    fw_version: sensor.fwVersion,
    read_rate: sensor.readRate,
    read_period: sensor.readPeriod,
    samples: sensor.samples,
    g_mode: sensor.gMode,
    freq_mode: sensor.freqMode,
    coupling: sensor.coupling,
    fs_hz: sensor.fsHz,
    fmax_hz: sensor.fmaxHz,
    extra: sensor.extra,
  };
}
