import FFT from 'fft.js';
import { KeptByLength } from './kept-by-length';

/** Complex numbers, the real and the imaginary parts in arrays of one length. */
export interface ComplexArray {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Transforms arrays of one length. */
interface Transform {
  complex(input: ComplexArray): ComplexArray;
  /** The lines 0 to ⌊N / 2⌋ of real samples. */
  half(samples: Float64Array): ComplexArray;
}

const transforms = new KeptByLength(transformOf);

/**
 * The discrete Fourier transform: X[k] = Σ x[n] · exp(−2πi·k·n / N). The length N may be any number from 1: nothing is filled up with
 * zeros, which would change the distance of the lines.
 */
export function transformed(input: ComplexArray): ComplexArray {
  const { length } = input.re;
  if (length <= 1) return { re: input.re.slice(), im: input.im.slice() };
  return transforms.get(length).complex(input);
}

/** The inverse of `transformed`. */
export function inverted({ re, im }: ComplexArray): ComplexArray {
  // Exchanging the parts before and after a transform turns it into its inverse, except for the factor.
  const swapped = transformed({ re: im, im: re });
  const { length } = re;
  return { re: swapped.im.map((value) => value / length), im: swapped.re.map((value) => value / length) };
}

/** The lines 0 to ⌊N / 2⌋ of the transform of real samples. The others are their conjugates. */
export function halfTransformed(samples: Float64Array): ComplexArray {
  const { length } = samples;
  return length <= 1 ? { re: samples.slice(), im: new Float64Array(length) } : transforms.get(length).half(samples);
}

function transformOf(length: number): Transform {
  return Number.isInteger(Math.log2(length)) ? radix(length) : bluestein(length);
}

/** For powers of two. */
function radix(length: number): Transform {
  const fft = new FFT(length);
  const result = new Float64Array(2 * length);
  return {
    complex: (input) => {
      fft.transform(result, interleaved(input, length));
      return separated(result, length);
    },
    half: (samples) => {
      fft.realTransform(result, samples); // Fills the first half only.
      return separated(result, length / 2 + 1);
    },
  };
}

/**
 * For other lengths: Bluestein's algorithm. With k·n = (k² + n² − (k − n)²) / 2, the transform is a convolution with the chirp
 * exp(πi·n² / N), and that is a product of transforms whose length is a power of two.
 */
function bluestein(length: number): Transform {
  const size = 2 ** Math.ceil(Math.log2(2 * length - 1));
  const fft = new FFT(size);
  const chirp = chirpOf(length);
  const filter = new Float64Array(2 * size);
  fft.transform(filter, wrapped(chirp, size));
  const complex = (input: ComplexArray) => {
    const turned = product(chirp, interleaved(input, size), length);
    const spectrum = new Float64Array(2 * size);
    fft.transform(spectrum, turned);
    multiply(spectrum, filter);
    fft.inverseTransform(turned, spectrum);
    return separated(product(chirp, turned, length), length);
  };
  return {
    complex,
    half: (samples) => {
      const { re, im } = complex({ re: samples, im: new Float64Array(length) });
      const end = Math.floor(length / 2) + 1;
      return { re: re.slice(0, end), im: im.slice(0, end) };
    },
  };
}

/** exp(πi·n² / N), interleaved. */
function chirpOf(length: number): Float64Array {
  const chirp = new Float64Array(2 * length);
  for (let n = 0; n < length; n += 1) {
    // The remainder is exact, so that the angle of a large n is as precise as that of a small one.
    const angle = (Math.PI * ((n * n) % (2 * length))) / length;
    chirp[2 * n] = Math.cos(angle);
    chirp[2 * n + 1] = Math.sin(angle);
  }
  return chirp;
}

/** The chirp with its negative indexes at the end, for a circular convolution. */
function wrapped(chirp: Float64Array, size: number): Float64Array {
  const result = new Float64Array(2 * size);
  result.set(chirp);
  for (let n = 1; 2 * n < chirp.length; n += 1) {
    result[2 * (size - n)] = at(chirp, 2 * n);
    result[2 * (size - n) + 1] = at(chirp, 2 * n + 1);
  }
  return result;
}

/** The first `length` values times the conjugate of the chirp; the rest is zero. */
function product(chirp: Float64Array, values: Float64Array, length: number): Float64Array {
  const result = new Float64Array(values.length);
  for (let index = 0; index < 2 * length; index += 2) {
    const [a, b, c, d] = [at(values, index), at(values, index + 1), at(chirp, index), at(chirp, index + 1)];
    result[index] = a * c + b * d;
    result[index + 1] = b * c - a * d;
  }
  return result;
}

/** Multiplies the values with the factors, in place. */
function multiply(values: Float64Array, factors: Float64Array): void {
  for (let index = 0; index < values.length; index += 2) {
    const [a, b, c, d] = [at(values, index), at(values, index + 1), at(factors, index), at(factors, index + 1)];
    values[index] = a * c - b * d;
    values[index + 1] = a * d + b * c;
  }
}

/** `size` complex numbers with the parts side by side; those beyond the input are zero. */
function interleaved({ re, im }: ComplexArray, size: number): Float64Array {
  const result = new Float64Array(2 * size);
  for (let index = 0; index < re.length; index += 1) {
    result[2 * index] = at(re, index);
    result[2 * index + 1] = at(im, index);
  }
  return result;
}

function separated(values: Float64Array, length: number): ComplexArray {
  const [re, im] = [new Float64Array(length), new Float64Array(length)];
  for (let index = 0; index < length; index += 1) {
    re[index] = at(values, 2 * index);
    im[index] = at(values, 2 * index + 1);
  }
  return { re, im };
}

/** An element that exists. */
function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}
