import { statisticsOf } from './statistics';

const TURN = 2 * Math.PI;

/** Samples of `periods` whole periods of a function. */
function sampled(length: number, periods: number, wave: (phase: number) => number): Float64Array {
  return Float64Array.from({ length }, (_, index) => wave((TURN * periods * index) / length));
}

/** Normally distributed numbers, the same at each call. */
function noise(length: number): Float64Array {
  let state = 12345;
  const uniform = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state + 1) / 4_294_967_297;
  };
  return Float64Array.from({ length }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(TURN * uniform()));
}

describe('statistics of an axis', () => {
  it.each([
    ['a sine', 1, Math.sin, { rms: Math.SQRT1_2, peak: 1, peakToPeak: 2, crest: Math.SQRT2, kurtosis: 1.5 }],
    ['a sine of 3 g', 3, Math.sin, { rms: 3 * Math.SQRT1_2, peak: 3, peakToPeak: 6, crest: Math.SQRT2, kurtosis: 1.5 }],
    [
      'a square wave',
      2,
      (phase: number) => ((phase + 0.01) % TURN < Math.PI ? 1 : -1), // Not at the edges, where rounding would decide.
      { rms: 2, peak: 2, peakToPeak: 4, crest: 1, kurtosis: 1 },
    ],
  ])('of %s are the analytic ones, at any offset', (_, amplitude, wave, expected) => {
    for (const offset of [0, -1, 1e6]) {
      const { mean, ...rest } = statisticsOf(sampled(4096, 16, (phase) => offset + amplitude * wave(phase)));
      const digits = offset > 1 ? 8 : 12; // An offset of a million leaves 16 − 6 decimal digits of the samples themselves.
      expect(mean).toBeCloseTo(offset, digits);
      for (const [name, value] of Object.entries(expected)) {
        expect(rest[name as keyof typeof rest]).toBeCloseTo(value, digits);
      }
    }
  });

  it('of a ramp are those of a uniform distribution', () => {
    const length = 100_001;
    const { mean, rms, kurtosis } = statisticsOf(Float64Array.from({ length }, (_, index) => index / (length - 1)));
    expect(mean).toBeCloseTo(0.5, 12);
    expect(rms).toBeCloseTo(Math.sqrt(1 / 12), 5);
    expect(kurtosis).toBeCloseTo(1.8, 5);
  });

  it('of normal noise: a kurtosis of 3', () => {
    const { rms, kurtosis } = statisticsOf(noise(200_000));
    expect(rms).toBeCloseTo(1, 1);
    expect(kurtosis).toBeCloseTo(3, 0);
  });

  it('of one peak among zeros: crest factor and kurtosis in closed form', () => {
    const n = 1000;
    const samples = new Float64Array(n);
    samples[17] = 5;
    const p = 1 / n;
    const variance = 25 * p * (1 - p);
    const { mean, crest, kurtosis } = statisticsOf(samples);
    expect(mean).toBeCloseTo(5 * p, 14);
    expect(crest).toBeCloseTo((5 * (1 - p)) / Math.sqrt(variance), 10);
    expect(kurtosis).toBeCloseTo((1 - 3 * p + 3 * p * p) / (p * (1 - p)), 8);
  });

  it.each([[[0.25]], [[-3, -3, -3]], [[0, 0]]])('of equal samples %j have no crest factor and no kurtosis', (equal) => {
    expect(statisticsOf(Float64Array.from(equal))).toEqual({
      mean: equal[0],
      rms: 0,
      peak: 0,
      peakToPeak: 0,
      crest: null,
      kurtosis: null,
    });
  });

  it.each([1e-120, 1e120])('neither underflow nor overflow for samples of the size %d', (size) => {
    const { rms, crest, kurtosis } = statisticsOf(sampled(64, 1, (phase) => size * Math.sin(phase)));
    expect(rms / size).toBeCloseTo(Math.SQRT1_2, 12);
    expect([crest, kurtosis]).toEqual([expect.closeTo(Math.SQRT2, 12), expect.closeTo(1.5, 12)]);
  });

  it('need samples', () => {
    expect(() => statisticsOf(new Float64Array(0))).toThrow(RangeError);
  });
});
