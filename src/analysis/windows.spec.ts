import fc from 'fast-check';
import { aNoise } from './analysis.harness';
import { weighted, windowOf, WINDOWS } from './windows';

describe('windowOf', () => {
  it.each([
    ['hann', 0.5, 1.5],
    ['flattop', 0.21557895, 3.7702],
    ['none', 1, 1],
  ] as const)('%s has its coherent gain and its noise bandwidth, at any length', (name, gain, bandwidth) => {
    for (const length of [16, 101, 1024, 6400]) {
      const { sum, noiseBandwidth } = windowOf(name, length);
      expect(sum / length).toBeCloseTo(gain, 12);
      expect(noiseBandwidth).toBeCloseTo(bandwidth, 4);
    }
  });

  it('continues periodically: it is even around the first sample', () => {
    for (const name of WINDOWS) {
      const { weights } = windowOf(name, 100);
      for (let n = 1; n < 100; n += 1) expect(weights[n]).toBeCloseTo(weights[100 - n] ?? NaN, 14);
    }
  });
});

it('weighted removes the weighted mean, so that no window leaves an offset', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...WINDOWS),
      fc.integer({ min: 2, max: 500 }),
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
      (name, length, offset) => {
        const samples = aNoise(length).map((value) => value + offset);
        return (
          Math.abs(weighted(samples, windowOf(name, length)).reduce((sum, value) => sum + value, 0)) < 1e-9 * length
        );
      },
    ),
  );
});
