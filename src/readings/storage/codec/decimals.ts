/** Gateways write up to six decimals, as far as known. */
const MOST_DECIMALS = 6;

/** How many samples suggest the number of decimals, before all of them are converted. */
const SUGGESTING = 64;

/** Samples as whole numbers of 10^−decimals. */
export interface ScaledSamples {
  readonly decimals: number;
  readonly integers: Int32Array;
}

/**
 * The samples as 32-bit integers, if each is exactly an integer by a power of ten: then dividing gives every sample back. Zeros lose
 * their sign.
 * @returns null if there are samples with more than six decimals or that do not fit in 32 bits
 */
export function scaled(samples: Float64Array): ScaledSamples | null {
  let decimals = 0;
  for (const sample of samples.subarray(0, SUGGESTING)) decimals = decimalsOf(sample, decimals);
  while (decimals <= MOST_DECIMALS) {
    const integers = new Int32Array(samples.length);
    const end = convert(samples, 10 ** decimals, integers);
    if (end === samples.length) return { decimals, integers };
    const more = decimalsOf(samples[end] ?? NaN, decimals);
    if (more === decimals) return null; // It has no more decimals, but is too large.
    decimals = more;
  }
  return null;
}

/** Undoes `scaled`. */
export function unscaled({
  decimals,
  integers,
}: {
  decimals: number;
  integers: Int32Array | Int16Array;
}): Float64Array {
  const scale = 10 ** decimals;
  const samples = new Float64Array(integers.length);
  for (let index = 0; index < samples.length; index += 1) samples[index] = (integers[index] ?? NaN) / scale;
  return samples;
}

/** The least number of decimals, from `least` on, with which a sample can be written; more than `MOST_DECIMALS` if none suffices. */
function decimalsOf(sample: number, least: number): number {
  let decimals = least;
  while (decimals <= MOST_DECIMALS && !isWhole(sample, 10 ** decimals)) decimals += 1;
  return decimals;
}

function isWhole(sample: number, scale: number): boolean {
  return Math.round(sample * scale) / scale === sample;
}

/** Fills `integers`. @returns the index of the first sample that cannot be converted; the number of samples if there is none */
function convert(samples: Float64Array, scale: number, integers: Int32Array): number {
  for (let index = 0; index < samples.length; index += 1) {
    const sample = samples[index] ?? NaN;
    const integer = Math.round(sample * scale);
    integers[index] = integer; // Wraps what does not fit, so that it differs in the next line.
    if ((integers[index] ?? NaN) / scale !== sample) return index;
  }
  return samples.length;
}
