import { machineShape } from './machine';
import { seedFor } from './sampling';
import type { Sampling } from './sampling';
import { samplesOf } from './signal';
import type { Signal } from './signal';

/** One axis of one vibration reading, in g. Statistics are rounded to 0.0001. */
export interface Waveform {
  /** The samples in wire format, separated by commas. */
  readonly text: string;
  /** Largest distance from zero. */
  readonly pk: number;
  /** Distance from the lowest to the highest sample. */
  readonly pp: number;
  /** Root mean square. */
  readonly rms: number;
}

// Rendered machines, so that frequent notifications cost little more than their bytes. Other signals are rendered anew each time.
const machines = new Map<string, Waveform>();

/** One axis of a record. The same arguments give the same waveform. */
export function waveformOf(signal: Signal, sampling: Sampling): Waveform {
  if (signal.kind !== 'machine') return render(samplesOf(signal, sampling));

  const key = `${machineShape(seedFor(sampling))}/${sampling.samples}/${sampling.rateHz}`;
  const known = machines.get(key);
  if (known) return known;
  const waveform = render(samplesOf(signal, sampling));
  machines.set(key, waveform);
  return waveform;
}

function render(samples: readonly number[]): Waveform {
  let lowest = samples[0] ?? 0;
  let highest = lowest;
  let squares = 0;
  for (const sample of samples) {
    lowest = Math.min(lowest, sample);
    highest = Math.max(highest, sample);
    squares += sample * sample;
  }
  return {
    text: samples.join(','),
    pk: round(Math.max(Math.abs(lowest), Math.abs(highest))),
    pp: round(highest - lowest),
    rms: round(Math.sqrt(squares / Math.max(1, samples.length))),
  };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
