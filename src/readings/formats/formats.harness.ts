import type { Axis } from '../reading';
import type { Waveform } from './waveform';

/** A waveform in g, 6,400 samples a second. */
export function aWaveform(axes: Partial<Record<Axis, readonly number[]>>, changes: Partial<Waveform> = {}): Waveform {
  return {
    unit: 'g',
    sampleRateHz: 6400,
    startsAt: new Date('2026-02-09T10:00:00.000Z'),
    axes: Object.entries(axes).map(([axis, values]) => ({ axis: axis as Axis, values: Float64Array.from(values) })),
    samplesPerBucket: null,
    ...changes,
  };
}

/** The values of an axis. */
export function valuesOf({ axes }: Waveform, wanted: Axis): number[] {
  return [...(axes.find(({ axis }) => axis === wanted)?.values ?? [])];
}

/** Two tones and noise that is the same in each run, in g with four decimals. */
export function aSignal(samples: number): number[] {
  return Array.from({ length: samples }, (_, index) => {
    const noise = ((index * 7919) % 1000) / 5000 - 0.1;
    return Math.round((Math.sin(index / 9) + 0.3 * Math.sin(index / 3) + noise) * 1e4) / 1e4;
  });
}
