import type { SensorExtra } from './sensor.entity';

/** What a gateway says about a sensor, as far as it can be read. Null: the gateway does not say. */
export interface ReportedSensor {
  readonly serial: number;
  readonly connected: boolean | null;
  readonly accessPointSerial: number | null;
  readonly partNumber: string | null;
  readonly hwVersion: string | null;
  readonly fwVersion: string | null;
  readonly readRate: number | null;
  readonly readPeriod: number | null;
  readonly samples: number | null;
  readonly gMode: string | null;
  readonly freqMode: string | null;
  readonly coupling: number | null;
  readonly fsHz: number | null;
  readonly fmaxHz: number | null;
  /** The name that the sensor has at the gateway. */
  readonly nickname: string | null;
  /** All other fields. A null in it deletes what was stored. */
  readonly extra: SensorExtra | null;
}

/** Adds what is known from a later report. A field that the later one lacks keeps its value. */
export function merged(earlier: ReportedSensor, later: ReportedSensor): ReportedSensor {
  const said = Object.entries(later).filter(([, value]) => value !== null);
  const extra = earlier.extra || later.extra ? { ...earlier.extra, ...later.extra } : null;
  return { ...earlier, ...Object.fromEntries(said), extra };
}
