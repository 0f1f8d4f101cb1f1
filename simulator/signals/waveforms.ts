import { seededRandom, seedOf } from '../seeded-random';

/** Sampling rate that the simulated sensors report, in Hz. */
export const SAMPLE_RATE_HZ = 2560;

/** One axis of one vibration reading. Acceleration in g, rounded to 0.0001. */
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

// Rendering thousands of numbers is the main cost of a reading. There are only this many shapes, each rendered once, so frequent
// notifications cost little more than their bytes.
const SHAPES = 64;
const rendered = new Map<string, Waveform>();

/** A plausible waveform of `points` samples: running speed, a harmonic and noise. The same seed gives the same waveform. */
export function waveformFor(seed: number, points: number): Waveform {
  const shape = seed % SHAPES;
  const key = `${shape}/${points}`;
  const known = rendered.get(key);
  if (known) return known;

  const waveform = render(samplesFor(shape, points));
  rendered.set(key, waveform);
  return waveform;
}

function samplesFor(shape: number, points: number): number[] {
  const random = seededRandom(seedOf(shape, points));
  const runningSpeedHz = 20 + 30 * random();
  const amplitude = 0.05 + 0.5 * random();
  const harmonic = 0.4 * amplitude * random();
  const noise = 0.1 * amplitude;
  const phase = 2 * Math.PI * random();

  return Array.from({ length: points }, (_, index) => {
    const turn = (2 * Math.PI * runningSpeedHz * index) / SAMPLE_RATE_HZ + phase;
    return round(amplitude * Math.sin(turn) + harmonic * Math.sin(2 * turn) + noise * (2 * random() - 1));
  });
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
