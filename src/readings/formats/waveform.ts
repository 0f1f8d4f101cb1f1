import { STANDARD_GRAVITY, UNITS } from '../../analysis/units';
import type { Axis } from '../reading';

/** Units of acceleration in which a waveform can be returned. Samples are stored in g. */
export const ACCELERATION_UNITS = UNITS.acceleration;
export type AccelerationUnit = (typeof ACCELERATION_UNITS)[number];

/** The values of one axis, in the order of time. */
export interface AxisValues {
  readonly axis: Axis;
  readonly values: Float64Array;
}

/** A waveform as it is written in one of the formats. */
export interface Waveform {
  readonly unit: AccelerationUnit;
  /** Null if nobody has stated it. */
  readonly sampleRateHz: number | null;
  /** Time of the first sample, as precise as the gateway states it. */
  readonly startsAt: Date;
  /** Usually of one length; a record may have a shorter axis. */
  readonly axes: readonly AxisValues[];
  /** Null: each value is a sample. Otherwise each bucket of this many samples has two values, its minimum and then its maximum. */
  readonly samplesPerBucket: number | null;
}

/** Converts a waveform in g. */
export function inUnit(waveform: Waveform, unit: AccelerationUnit): Waveform {
  if (unit === waveform.unit) return waveform;
  const factor = unit === 'm_s2' ? STANDARD_GRAVITY : 1 / STANDARD_GRAVITY;
  const axes = waveform.axes.map(({ axis, values }) => ({ axis, values: values.map((value) => value * factor) }));
  return { ...waveform, unit, axes };
}

/** Number of values of the longest axis. */
export function lengthOf({ axes }: Waveform): number {
  return Math.max(0, ...axes.map(({ values }) => values.length));
}
