import { KeptByLength } from './kept-by-length';

export const WINDOWS = ['hann', 'flattop', 'none'] as const;

/**
 * How samples are weighted before a transform. `hann`: separates neighbouring frequencies well; `flattop`: shows the amplitude of a
 * frequency that is between two lines, too; `none`: for records that hold whole periods.
 */
export type WindowName = (typeof WINDOWS)[number];

/** The weights of the samples of a record. */
export interface Window {
  readonly weights: Float64Array;
  /** Sum of the weights. The amplitude of a line is divided by it. */
  readonly sum: number;
  /** Equivalent noise bandwidth in lines: how much more noise a line holds than with no window. */
  readonly noiseBandwidth: number;
}

/**
 * Coefficients of sums of cosines: w[n] = Σ (−1)^j · a[j] · cos(2πjn / N). The flat-top has five terms, with the digits that
 * MATLAB and SciPy use, too.
 */
const COEFFICIENTS: Readonly<Record<WindowName, readonly number[]>> = {
  hann: [0.5, 0.5],
  flattop: [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
  none: [1],
};

const windows: Readonly<Record<WindowName, KeptByLength<Window>>> = {
  hann: new KeptByLength((length) => sumOfCosines(COEFFICIENTS.hann, length)),
  flattop: new KeptByLength((length) => sumOfCosines(COEFFICIENTS.flattop, length)),
  none: new KeptByLength((length) => sumOfCosines(COEFFICIENTS.none, length)),
};

/** A window of `length` samples that continues periodically, as the transform does. */
export function windowOf(name: WindowName, length: number): Window {
  return windows[name].get(length);
}

function sumOfCosines(coefficients: readonly number[], length: number): Window {
  const weights = new Float64Array(length);
  let [sum, squares] = [0, 0];
  for (let index = 0; index < length; index += 1) {
    const angle = (2 * Math.PI * index) / length;
    let weight = 0;
    coefficients.forEach((coefficient, term) => {
      weight += (term % 2 === 0 ? coefficient : -coefficient) * Math.cos(term * angle);
    });
    weights[index] = weight;
    sum += weight;
    squares += weight * weight;
  }
  return { weights, sum, noiseBandwidth: (length * squares) / (sum * sum) };
}

/** The samples without their weighted mean, times the weights. So the first line of their transform is zero. */
export function weighted(samples: Float64Array, { weights, sum }: Window): Float64Array {
  const { length } = samples;
  let total = 0;
  for (let index = 0; index < length; index += 1) total += (samples[index] ?? 0) * (weights[index] ?? 0);
  const mean = total / sum;
  const result = new Float64Array(length);
  for (let index = 0; index < length; index += 1) {
    result[index] = ((samples[index] ?? 0) - mean) * (weights[index] ?? 0);
  }
  return result;
}
