import { seededRandom } from '../../simulator/seeded-random';
import type { ComplexArray } from './fft';

/** A sine of a peak amplitude, in the unit of the amplitude. */
export function aSine(
  length: number,
  { hz, peak = 1, phase = 0, offset = 0 }: { hz: number; peak?: number; phase?: number; offset?: number },
  sampleRateHz: number,
): Float64Array {
  return samplesOf(length, (n) => offset + peak * Math.sin((2 * Math.PI * hz * n) / sampleRateHz + phase));
}

/** Evenly distributed numbers from −1 to 1, the same in each run. */
export function aNoise(length: number, seed = 7): Float64Array {
  const random = seededRandom(seed);
  return samplesOf(length, () => 2 * random() - 1);
}

/** The samples of a function. `Float64Array.from` is many times slower. */
export function samplesOf(length: number, valueOf: (n: number) => number): Float64Array {
  const samples = new Float64Array(length);
  for (let n = 0; n < length; n += 1) samples[n] = valueOf(n);
  return samples;
}

/** The transform by its definition, in N² steps: X[k] = Σ x[n] · exp(−2πi·k·n / N). */
export function naivelyTransformed({ re, im }: ComplexArray): ComplexArray {
  const { length } = re;
  // exp(−2πi·m / N) has N values: k·n matters only by its remainder.
  const cos = samplesOf(length, (m) => Math.cos((-2 * Math.PI * m) / length));
  const sin = samplesOf(length, (m) => Math.sin((-2 * Math.PI * m) / length));
  const result = { re: new Float64Array(length), im: new Float64Array(length) };
  for (let k = 0; k < length; k += 1) {
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < length; n += 1) {
      const m = (k * n) % length;
      const [a, b, c, s] = [re[n] ?? NaN, im[n] ?? NaN, cos[m] ?? NaN, sin[m] ?? NaN];
      real += a * c - b * s;
      imaginary += a * s + b * c;
    }
    result.re[k] = real;
    result.im[k] = imaginary;
  }
  return result;
}

/** The largest difference of two arrays, by the largest value of the second. */
export function relativeError(actual: Float64Array, expected: Float64Array): number {
  let [difference, largest] = [actual.length === expected.length ? 0 : NaN, 0];
  for (let n = 0; n < expected.length; n += 1) {
    difference = Math.max(difference, Math.abs((actual[n] ?? NaN) - (expected[n] ?? NaN)));
    largest = Math.max(largest, Math.abs(expected[n] ?? NaN));
  }
  return difference / (largest || 1);
}

export function meanSquare(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}

/** Index of the largest value. */
export function peakOf(values: Float64Array): number {
  return values.reduce((best, value, index) => (value > (values[best] ?? 0) ? index : best), 0);
}
