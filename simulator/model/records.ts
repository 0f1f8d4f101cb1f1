import { seedOf } from '../seeded-random';
import { axes } from '../signals/sampling';
import type { Axis, Sampling } from '../signals/sampling';
import { samplesOf } from '../signals/signal';
import type { Signal } from '../signals/signal';
import { waveformOf } from '../signals/waveforms';
import type { Waveform } from '../signals/waveforms';
import type { SensorSettings } from './sensors';

export const recordKinds = ['reading', 'temp', 'batt'] as const;
export type RecordKind = (typeof recordKinds)[number];

/** A measurement. Its values are computed from serial and number, so that it takes few bytes. */
export interface StoredRecord {
  readonly kind: RecordKind;
  /** Counts the records of this kind at this gateway from 1, in order of time. Never reset and never reused, unlike an `ID`. */
  readonly number: number;
  readonly serial: number;
  /** When it was measured, in true epoch milliseconds: the gateway's own clock may differ. */
  readonly at: number;
  /** Measured on schedule: not by a `TAKE_*`, nor for a notification on demand. */
  readonly scheduled: boolean;
  /** The sensor's settings at that time. */
  readonly settings: SensorSettings;
}

/** The axes of a vibration reading that the sensor has. */
export function waveformsOf(record: StoredRecord): [axis: Axis, waveform: Waveform][] {
  return eachAxis(record, waveformOf);
}

/** The exact samples of a vibration reading, in g. */
export function samplesOfRecord(record: StoredRecord): Partial<Record<Axis, number[]>> {
  return Object.fromEntries(eachAxis(record, samplesOf));
}

/** Whole degrees Celsius, or whole per cent. Null for a vibration reading. */
export function valueOf({ kind, number, serial }: StoredRecord): number | null {
  if (kind === 'reading') return null;
  if (kind === 'temp') return 20 + (seedOf(serial, number) % 16);
  // The first charge depends on the serial; it drops by one every hundred records, to 5 at least.
  return Math.max(5, 100 - (serial % 25) - Math.floor(number / 100));
}

function eachAxis<T>(
  { serial, number, settings }: StoredRecord,
  compute: (signal: Signal, sampling: Sampling) => T,
): [axis: Axis, computed: T][] {
  const { samples, rateHz, signals } = settings;
  const computed: [Axis, T][] = [];
  for (const axis of axes) {
    const signal = signals[axis];
    if (signal) computed.push([axis, compute(signal, { serial, number, axis, samples, rateHz })]);
  }
  return computed;
}
