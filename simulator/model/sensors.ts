import type { Signals } from '../signals/signal';

/** How a sensor measures. Shared by all its records until it changes, so it is never modified. */
export interface SensorSettings {
  /** Points per axis of one reading. */
  readonly samples: number;
  /** Sampling rate in Hz. */
  readonly rateHz: number;
  readonly signals: Signals;
}

/** A simulated sensor, independent of the wire format of a profile. */
export interface Sensor {
  readonly serial: number;
  readonly partNumber: string;
  /** Serial of its access point. */
  accessPoint: number;
  connected: boolean;
  settings: SensorSettings;
}

/** Enough sensors for two decimal digits; more need a wider range of serials for each gateway. */
const FEW = 9;
const DEFAULT_COUNT = 3;
const PART_NUMBERS = ['WS100', 'WS200', 'WS300'] as const;

/** Which sensors a gateway has at first. */
export interface SensorOptions {
  /** Number of the gateway in its fleet. */
  readonly number: number;
  /** All connected. */
  readonly serials?: readonly number[] | undefined;
  /** How many, all connected. Ignored with `serials`. */
  readonly sensors?: number | undefined;
}

/** Serial of the access point through which the sensors of a gateway are connected. */
export function accessPointOf(gatewayNumber: number): number {
  return 20_000_000 + gatewayNumber;
}

/**
 * The sensors of the gateway with this number. Without `serials` and `sensors` there are three, the last one out of reach, so that
 * "all" and "connected" differ.
 */
export function makeSensors({ number, serials, sensors }: SensorOptions, settings: SensorSettings): Sensor[] {
  const count = sensors ?? DEFAULT_COUNT;
  const first = 30_000_001 + number * (count > FEW ? 1000 : 10);
  const chosen = serials ?? Array.from({ length: count }, (_, index) => first + index);
  const isDefault = serials === undefined && sensors === undefined;

  return chosen.map((serial, index) => ({
    ...makeSensor(serial, accessPointOf(number), settings),
    connected: !isDefault || index < DEFAULT_COUNT - 1,
  }));
}

/** A connected sensor. */
export function makeSensor(serial: number, accessPoint: number, settings: SensorSettings): Sensor {
  const partNumber = PART_NUMBERS[serial % PART_NUMBERS.length] ?? PART_NUMBERS[0];
  return { serial, partNumber, accessPoint, connected: true, settings };
}
