import { halfTransformed } from './fft';
import { MM_PER_G, validFromHz } from './spectrum';
import { weighted, windowOf } from './windows';

/** The band of the velocity, in Hz: that of ISO 20816 for machines with more than 600 revolutions a minute. */
export const VELOCITY_BAND = { lowHz: 10, highHz: 1000 } as const;

/** Lines around the band that belong to it: a Hann window spreads a frequency over two lines on each side. */
const GUARD_LINES = 2;
/** Longer records would hold up everything else for too long. */
export const MAX_RECORD = 131_072;

/**
 * Why the velocity of a record is unknown. `record_too_short`: it holds less than eight periods of the lowest frequency;
 * `sample_rate_too_low`: it does not reach the highest one.
 */
export type VelocityProblem = 'sample_rate_unknown' | 'sample_rate_too_low' | 'record_too_short' | 'record_too_long';

/** @returns null if the velocity can be computed */
export function velocityProblem(samples: number, sampleRateHz: number | null): VelocityProblem | null {
  if (sampleRateHz === null) return 'sample_rate_unknown';
  if (samples === 0 || validFromHz(samples, sampleRateHz) > VELOCITY_BAND.lowHz) return 'record_too_short';
  if (lastLine(samples, sampleRateHz) > samples / 2) return 'sample_rate_too_low';
  return samples > MAX_RECORD ? 'record_too_long' : null;
}

/**
 * RMS of the velocity from 10 to 1,000 Hz, in mm/s. The power of each line of the acceleration, with a Hann window, is integrated on its
 * own; samples are never summed, because an offset or a drift would grow with the sum.
 * @param samples in g
 * @returns null if it cannot be known: see `velocityProblem`
 */
export function velocityRmsOf(samples: Float64Array, sampleRateHz: number): number | null {
  const { length } = samples;
  if (velocityProblem(length, sampleRateHz)) return null;
  const window = windowOf('hann', length);
  const { re, im } = halfTransformed(weighted(samples, window));
  const dfHz = sampleRateHz / length;
  let power = 0;
  for (let line = firstLine(length, sampleRateHz); line <= lastLine(length, sampleRateHz); line += 1) {
    const [real, imaginary] = [re[line] ?? 0, im[line] ?? 0];
    const halves = 2 * line === length ? 1 : 2; // All lines but the one at half of the sample rate stand for two.
    const factor = MM_PER_G / (2 * Math.PI * line * dfHz);
    power += halves * (real * real + imaginary * imaginary) * factor * factor;
  }
  return Math.sqrt(power / window.noiseBandwidth) / window.sum;
}

function firstLine(samples: number, sampleRateHz: number): number {
  return Math.ceil(lineAt(VELOCITY_BAND.lowHz, samples, sampleRateHz)) - GUARD_LINES;
}

function lastLine(samples: number, sampleRateHz: number): number {
  return Math.floor(lineAt(VELOCITY_BAND.highHz, samples, sampleRateHz)) + GUARD_LINES;
}

/** The line of a frequency, without what rounding adds to a whole number. */
function lineAt(frequencyHz: number, samples: number, sampleRateHz: number): number {
  const line = (frequencyHz * samples) / sampleRateHz;
  const whole = Math.round(line);
  return Math.abs(line - whole) < 1e-9 * whole ? whole : line;
}
