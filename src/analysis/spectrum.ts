import { halfTransformed } from './fft';
import { STANDARD_GRAVITY } from './units';
import type { Quantity } from './units';
import { weighted, windowOf } from './windows';
import type { WindowName } from './windows';

export const SCALES = ['peak', 'rms', 'peak_to_peak'] as const;
/** How the amplitude of a sine is expressed: its peak, its root mean square, or the distance of its extremes. */
export type Scale = (typeof SCALES)[number];

export interface SpectrumOptions {
  readonly sampleRateHz: number;
  readonly window: WindowName;
  readonly quantity: Quantity;
  readonly scale: Scale;
}

/** A one-sided amplitude spectrum. Line k is at k × `dfHz`. */
export interface Spectrum {
  /** Distance of the lines: the inverse of the duration of the record. */
  readonly dfHz: number;
  /** From line 0, which is zero, to half of the sample rate. In the first unit of the quantity: see `UNITS`. */
  readonly amplitudes: Float64Array;
  /** Equivalent noise bandwidth of the window. */
  readonly noiseBandwidthHz: number;
  /** From which frequency on amplitudes hold: see `validFromHz`. */
  readonly validFromHz: number;
}

/** Periods that a record must hold of a frequency, so that its velocity is within one percent. */
const PERIODS = 8;
/** From g to mm/s², and from that to µm/s². */
export const MM_PER_G = 1000 * STANDARD_GRAVITY;
const MICRONS_PER_MM = 1000;
/** Smaller squares lose digits. */
const LEAST_SQUARE = 1e-290;

/** The lowest frequency of which a record of this length holds eight periods. */
export function validFromHz(samples: number, sampleRateHz: number): number {
  return (PERIODS * sampleRateHz) / samples;
}

/**
 * The spectrum of samples in g. The mean is removed first. Velocity and displacement are integrated line by line, by 2πf and (2πf)²; the
 * sum of samples would drift. Amplitudes are corrected for the window, so the line of a sine shows its amplitude.
 */
export function spectrumOf(samples: Float64Array, options: SpectrumOptions): Spectrum {
  const { length } = samples;
  const { sampleRateHz, window: name, quantity, scale } = options;
  const window = windowOf(name, length);
  const { re, im } = halfTransformed(weighted(samples, window));
  const dfHz = sampleRateHz / length;
  const scaled = scaleFactor(scale, false) / window.sum;
  const amplitudes = new Float64Array(re.length);
  for (let line = 1; line < re.length; line += 1) {
    const size = sizeOf(re[line] ?? 0, im[line] ?? 0);
    amplitudes[line] = size * scaled * integrationFactor(quantity, 2 * Math.PI * line * dfHz);
  }
  const last = length / 2; // Of an odd number of samples there is no such line.
  if (last > 0 && last < re.length)
    amplitudes[last] = ((amplitudes[last] ?? 0) * scaleFactor(scale, true)) / scaleFactor(scale, false);
  const noiseBandwidthHz = window.noiseBandwidth * dfHz;
  return { dfHz, amplitudes, noiseBandwidthHz, validFromHz: validFromHz(length, sampleRateHz) };
}

/** The absolute value of a complex number. */
function sizeOf(real: number, imaginary: number): number {
  const square = real * real + imaginary * imaginary;
  // Math.hypot takes several times as long, and is exact also where the squares are beyond what a number can hold.
  return square > LEAST_SQUARE && square < Infinity ? Math.sqrt(square) : Math.hypot(real, imaginary);
}

/**
 * From the size of a line to the amplitude of a sine. Each line but the one at half of the sample rate has half of the amplitude: the
 * other half is in the line of the negative frequency. The last one has samples of alternating sign, whose RMS is their peak.
 */
function scaleFactor(scale: Scale, isLast: boolean): number {
  const peak = isLast ? 1 : 2;
  if (scale === 'rms') return isLast ? 1 : Math.SQRT2;
  return scale === 'peak' ? peak : 2 * peak;
}

/** From g to the unit of the quantity, at an angular frequency. */
function integrationFactor(quantity: Quantity, angular: number): number {
  if (quantity === 'acceleration') return 1;
  const velocity = MM_PER_G / angular;
  return quantity === 'velocity' ? velocity : (MICRONS_PER_MM * velocity) / angular;
}
