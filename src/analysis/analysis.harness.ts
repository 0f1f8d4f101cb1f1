import { seededRandom } from '../../simulator/seeded-random';
import type { ComplexArray } from './fft';

/** A sine of a peak amplitude, in the unit of the amplitude. */
export function aSine(
  length: number,
  { hz, peak = 1, phase = 0, offset = 0 }: { hz: number; peak?: number; phase?: number; offset?: number },
  sampleRateHz: number,
): Float64Array {
  return Float64Array.from(
    { length },
    (_, n) => offset + peak * Math.sin((2 * Math.PI * hz * n) / sampleRateHz + phase),
  );
}

/** Evenly distributed numbers from −1 to 1, the same in each run. */
export function aNoise(length: number, seed = 7): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length }, () => 2 * random() - 1);
}

/** The transform by its definition, in N² steps. */
export function naivelyTransformed({ re, im }: ComplexArray): ComplexArray {
  const { length } = re;
  const result = { re: new Float64Array(length), im: new Float64Array(length) };
  for (let k = 0; k < length; k += 1) {
    for (let n = 0; n < length; n += 1) {
      // Of the remainder, because the cosine of a large angle is less precise.
      const angle = (-2 * Math.PI * ((k * n) % length)) / length;
      const [cos, sin, a, b] = [Math.cos(angle), Math.sin(angle), re[n] ?? 0, im[n] ?? 0];
      result.re[k] = (result.re[k] ?? 0) + a * cos - b * sin;
      result.im[k] = (result.im[k] ?? 0) + a * sin + b * cos;
    }
  }
  return result;
}

/** The largest difference of two arrays, by the largest value of the second. */
export function relativeError(actual: Float64Array, expected: Float64Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return actual.reduce((most, value, n) => Math.max(most, Math.abs(value - (expected[n] ?? NaN))), 0) / (largest || 1);
}

export function meanSquare(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}

/** Index of the largest value. */
export function peakOf(values: Float64Array): number {
  return values.reduce((best, value, index) => (value > (values[best] ?? 0) ? index : best), 0);
}
