import { seedOf } from '../seeded-random';
import { axes } from '../signals/sampling';
import type { Axis } from '../signals/sampling';
import { samplesOf } from '../signals/signal';
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
  return axes.flatMap((axis): [Axis, Waveform][] => {
    const signal = record.settings.signals[axis];
    return signal ? [[axis, waveformOf(signal, { ...samplingOf(record), axis })]] : [];
  });
}

/** The exact samples of a vibration reading, in g. */
export function samplesOfRecord(record: StoredRecord): Partial<Record<Axis, number[]>> {
  return Object.fromEntries(
    axes.flatMap((axis) => {
      const signal = record.settings.signals[axis];
      return signal ? [[axis, samplesOf(signal, { ...samplingOf(record), axis })]] : [];
    }),
  );
}

/** Whole degrees Celsius, or whole per cent. Null for a vibration reading. */
export function valueOf({ kind, number, serial }: StoredRecord): number | null {
  if (kind === 'reading') return null;
  if (kind === 'temp') return 20 + (seedOf(serial, number) % 16);
  // The first charge depends on the serial; it drops by one every hundred records, to 5 at least.
  return Math.max(5, 100 - (serial % 25) - Math.floor(number / 100));
}

function samplingOf({ serial, number, settings }: StoredRecord) {
  return { serial, number, samples: settings.samples, rateHz: settings.rateHz };
}
