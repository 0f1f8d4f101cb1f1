import fc from 'fast-check';
import { aNoise, meanSquare, naivelyTransformed, relativeError } from './analysis.harness';
import type { ComplexArray } from './fft';
import { halfTransformed, inverted, transformed } from './fft';

const complexOf = (length: number) => ({ re: aNoise(length, 1), im: aNoise(length, 2) });
const anyLength = fc.integer({ min: 1, max: 200 });

describe('transformed', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 31, 64, 100, 127, 128, 1000, 1024])(
    'is the sum of the definition, for %d samples',
    (length) => {
      const expected = naivelyTransformed(complexOf(length));
      const { re, im } = transformed(complexOf(length));
      expect(relativeError(re, expected.re)).toBeLessThan(1e-12);
      expect(relativeError(im, expected.im)).toBeLessThan(1e-12);
    },
  );

  it('is the sum of the definition for any length', () => {
    fc.assert(
      fc.property(anyLength, (length) => {
        const { re, im } = transformed(complexOf(length));
        const expected = naivelyTransformed(complexOf(length));
        return relativeError(re, expected.re) < 1e-11 && relativeError(im, expected.im) < 1e-11;
      }),
    );
  });

  it('keeps the power (Parseval), for any length and size', () => {
    const sizes = fc.integer({ min: -12, max: 12 }).map((exponent) => 10 ** exponent);
    fc.assert(fc.property(anyLength, sizes, (length, size) => errorOfPower(length, size) < 1e-9));
  });

  it.each([4096, 6400, 8191, 65_536])('keeps the power (Parseval) of %d samples of any size', (length) => {
    for (const size of [1e-12, 1, 1e12]) expect(errorOfPower(length, size)).toBeLessThan(1e-9);
  });

  it('leaves its argument as it is', () => {
    for (const length of [1, 8, 9]) {
      const input = complexOf(length);
      transformed(input);
      expect(input).toEqual(complexOf(length));
    }
  });

  it('is right for more lengths than it keeps tables of, again and again', () => {
    for (let round = 0; round < 3; round += 1) {
      for (let length = 20; length < 40; length += 1) {
        const expected = naivelyTransformed(complexOf(length));
        expect(relativeError(transformed(complexOf(length)).re, expected.re)).toBeLessThan(1e-12);
      }
    }
  });

  it('takes records of a million samples and more', () => {
    for (const length of [2 ** 20, 300_007]) {
      const pulse = new Float64Array(length);
      pulse[0] = 1; // It has all frequencies.
      const { re } = transformed({ re: pulse, im: new Float64Array(length) });
      expect(relativeError(re, new Float64Array(length).fill(1))).toBeLessThan(1e-9);
    }
  });
});

it('inverted takes a transform back, for any length', () => {
  fc.assert(
    fc.property(anyLength, (length) => {
      const input = complexOf(length);
      const { re, im } = inverted(transformed(input));
      return relativeError(re, input.re) < 1e-12 && relativeError(im, input.im) < 1e-12;
    }),
  );
});

it.each([1, 2, 3, 10, 11, 4096, 6400])(
  'halfTransformed has the lines up to half of the rate, of %d samples',
  (length) => {
    const samples = aNoise(length);
    const { re, im } = transformed({ re: samples, im: new Float64Array(length) });
    const half = halfTransformed(samples);
    const end = Math.floor(length / 2) + 1;
    expect([half.re.length, half.im.length]).toEqual([end, end]);
    expect(relativeError(half.re, re.slice(0, end))).toBeLessThan(1e-12);
    expect(relativeError(half.im, im.slice(0, end))).toBeLessThan(1e-12);
  },
);

/** By how much, as a share, the power of the lines differs from that of the samples. */
function errorOfPower(length: number, size: number): number {
  const { re, im } = complexOf(length);
  const input = { re: re.map((value) => value * size), im: im.map((value) => value * size) };
  return Math.abs(powerOf(transformed(input)) / length / powerOf(input) - 1);
}

function powerOf({ re, im }: ComplexArray): number {
  return re.length * (meanSquare(re) + meanSquare(im));
}
