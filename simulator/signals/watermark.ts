import { axes } from './sampling';
import type { Axis, Sampling } from './sampling';

/** What a watermark says. `number` counts the records of a kind at a gateway: see `StoredRecord`. */
export interface Watermark {
  readonly serial: number;
  readonly number: number;
  readonly axis: Axis;
}

// Each quarter of an axis is a cosine that starts at its peak. The four peaks hold the serial and the number, four decimal digits
// each: amplitude = base + digits / 10,000. Five digits survive four decimals on the wire as well as storage as float32.
const PARTS = 4;
const DIGITS = 10_000;
const MAX = DIGITS * DIGITS;
const CYCLES_PER_PART = 2;
const TOLERANCE = 1e-5;
const bases: Readonly<Record<Axis, number>> = { X: 1, Y: 3, Z: 5 };

/** The samples of one axis, from whose amplitude `readWatermark` reads the record. @throws RangeError if it cannot be encoded */
export function watermarkSamples({ serial, number, axis, samples }: Sampling): number[] {
  if (samples < PARTS || serial >= MAX || number >= MAX) {
    throw new RangeError(`a watermark needs ${PARTS} samples or more, and a serial and a number below ${MAX}`);
  }
  const digits = [Math.floor(serial / DIGITS), serial % DIGITS, Math.floor(number / DIGITS), number % DIGITS];
  return digits.flatMap((digit, part) => {
    const amplitude = bases[axis] + digit / DIGITS;
    const length = partAt(part + 1, samples) - partAt(part, samples);
    return Array.from({ length }, (_, index) => {
      const turn = (2 * Math.PI * CYCLES_PER_PART * index) / length;
      return Math.round(amplitude * Math.cos(turn) * DIGITS) / DIGITS + 0; // Not -0.
    });
  });
}

/** Which record and which axis these samples belong to. Null if they carry no watermark. */
export function readWatermark(samples: ArrayLike<number>): Watermark | null {
  if (samples.length < PARTS) return null;
  const peaks = Array.from({ length: PARTS }, (_, part) => peakOf(samples, part));
  const axis = axes.find((name) => peaks.every((peak) => isIn(name, peak)));
  if (!axis) return null;

  const digits = peaks.map((peak) => (peak - bases[axis]) * DIGITS);
  if (digits.some((digit) => Math.abs(digit - Math.round(digit)) > TOLERANCE * DIGITS)) return null;
  const [serialHigh = 0, serialLow = 0, numberHigh = 0, numberLow = 0] = digits.map(Math.round);
  return { serial: serialHigh * DIGITS + serialLow, number: numberHigh * DIGITS + numberLow, axis };
}

function peakOf(samples: ArrayLike<number>, part: number): number {
  let peak = 0;
  for (let index = partAt(part, samples.length); index < partAt(part + 1, samples.length); index += 1) {
    peak = Math.max(peak, Math.abs(samples[index] ?? 0));
  }
  return peak;
}

function partAt(part: number, samples: number): number {
  return Math.floor((part * samples) / PARTS);
}

function isIn(axis: Axis, peak: number): boolean {
  return peak > bases[axis] - TOLERANCE && peak < bases[axis] + 1;
}
