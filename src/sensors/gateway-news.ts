import type { Moment } from '../common/clock';
import { merged } from './reported-sensor';
import type { ReportedSensor } from './reported-sensor';

/** What one gateway has reported and is not stored yet. */
export interface GatewayNews {
  readonly gatewayId: string;
  /** The serials of its last inventory; null if there was none. */
  readonly listed: readonly number[] | null;
  /** By serial. */
  readonly sensors: Map<number, ReportedSensor>;
  /** Whether each access point is connected, by serial; null if it was only named. */
  readonly accessPoints: Map<number, boolean | null>;
  /** When the latest of it arrived. */
  readonly at: Moment;
}

/** Of one gateway, no more sensors than this wait: a faulty one may invent serials. */
const MAX_SENSORS = 20_000;

/** Adds a later report to an earlier one, whose maps are used for the result: a gateway may send many in a second. */
export function mergedNews(earlier: GatewayNews, later: GatewayNews): GatewayNews {
  const { sensors, accessPoints } = earlier;
  for (const [serial, sensor] of later.sensors) {
    const known = sensors.get(serial);
    if (known) sensors.set(serial, merged(known, sensor));
    else if (sensors.size < MAX_SENSORS) sensors.set(serial, sensor);
  }
  for (const [serial, connected] of later.accessPoints) {
    if (accessPoints.size < MAX_SENSORS || accessPoints.has(serial))
      accessPoints.set(serial, connected ?? accessPoints.get(serial) ?? null);
  }
  return { ...later, listed: later.listed ?? earlier.listed, sensors, accessPoints };
}

/** An inventory as news: its sensors, and the access points that they name. */
export function newsOfInventory(gatewayId: string, sensors: readonly ReportedSensor[], at: Moment): GatewayNews {
  return { ...newsOfSensors(gatewayId, sensors, at), listed: sensors.map(({ serial }) => serial) };
}

/** Single sensors as news. */
export function newsOfSensors(gatewayId: string, sensors: readonly ReportedSensor[], at: Moment): GatewayNews {
  const named = sensors.map(({ accessPointSerial }) => accessPointSerial).filter((serial) => serial !== null);
  return {
    ...{ gatewayId, listed: null, at },
    sensors: new Map(sensors.map((sensor) => [sensor.serial, sensor])),
    accessPoints: new Map(named.map((serial) => [serial, null])),
  };
}
