import { inverted, transformed } from './fft';

/** Frequencies in Hz; both limits belong to the band. */
export interface Band {
  readonly lowHz: number;
  readonly highHz: number;
}

/**
 * The envelope of a band of a signal: the size of its analytic signal. Of the transform, only the lines of the band are kept, without
 * those at negative frequencies; the inverse transform is then complex, and its imaginary part is the Hilbert transform of its real
 * part.
 *
 * Impacts that recur, such as those of a damaged bearing, make a high resonance ring. The envelope has the shape of the ringing without
 * the resonance, so its spectrum shows the rate of the impacts.
 * @returns as many values as samples, in their unit, never negative
 */
export function envelopeOf(samples: Float64Array, sampleRateHz: number, { lowHz, highHz }: Band): Float64Array {
  const { length } = samples;
  const { re, im } = transformed({ re: samples, im: new Float64Array(length) });
  const dfHz = sampleRateHz / length;
  for (let line = 0; line < length; line += 1) {
    const frequency = line * dfHz;
    const isKept = line > 0 && 2 * line < length && frequency >= lowHz && frequency <= highHz;
    re[line] = isKept ? 2 * (re[line] ?? 0) : 0;
    im[line] = isKept ? 2 * (im[line] ?? 0) : 0;
  }
  const analytic = inverted({ re, im });
  return analytic.re.map((real, index) => Math.hypot(real, analytic.im[index] ?? 0));
}
