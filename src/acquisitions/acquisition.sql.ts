import type { Reach } from '../common/actor';
import type { Parameters } from '../database/sql/parameters';
import { withinReach } from '../database/sql/selection';
import { OPEN_STATES } from './acquisition.machine';

// Conditions and columns of statements about acquisitions, whose table is called "row" in them.

/** What the runner needs to know of the sensor. */
export interface OrderedSensor {
  readonly serial: number;
  readonly sensorNumber: number;
  /** False only if the gateway has said so. */
  readonly isSensorConnected: boolean;
}

export const IS_OPEN = `"row".state IN (${OPEN_STATES.map((state) => `'${state}'`).join(', ')})`;
export const IS_LIVING =
  'EXISTS (SELECT FROM gateways WHERE gateways.id = "row".gateway_id AND gateways.deleted_at IS NULL)';
export const SENSOR = `sensors.serial::float8 AS serial, sensors.number AS "sensorNumber",
  sensors.connected IS NOT FALSE AS "isSensorConnected"`;

/** SQL: only those within reach. */
export function reachSql(reach: Reach, parameters: Parameters): string[] {
  return withinReach(reach, '"row".organization_id', parameters);
}
