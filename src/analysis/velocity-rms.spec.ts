import fc from 'fast-check';
import { aNoise, aSine } from './analysis.harness';
import { MAX_RECORD, velocityProblem, velocityRmsOf } from './velocity-rms';

const G = 9806.65;

/** Velocity RMS of a sine in mm/s, in closed form. */
const expected = (hz: number, peak: number) => (peak * G) / (2 * Math.PI * hz) / Math.SQRT2;

describe('velocityRmsOf', () => {
  it('is within 1 % of the velocity of a sine in the band, at any phase and offset, wherever it is given', () => {
    const records = fc.constantFrom(
      [4096, 2560],
      [8192, 6400],
      [6400, 2560],
      [20_480, 25_600],
      [4093, 2560],
      [2048, 2560],
    );
    fc.assert(
      fc.property(
        records,
        fc.double({ min: 10, max: 1000, noNaN: true }),
        fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
        fc.double({ min: -2, max: 2, noNaN: true }),
        ([length = 0, rate = 0], hz, phase, offset) => {
          const velocity = velocityRmsOf(aSine(length, { hz, phase, offset, peak: 0.5 }, rate), rate);
          return velocity !== null && Math.abs(velocity / expected(hz, 0.5) - 1) < 0.01;
        },
      ),
      { numRuns: 200 },
    );
  });

  it('adds the powers of several frequencies', () => {
    const tones = [
      [25, 0.2],
      [120, 1],
      [790, 4],
    ] as const;
    const parts = tones.map(([hz, peak]) => aSine(8192, { hz, peak }, 6400));
    const samples = aNoise(8192).map((_, n) => parts.reduce((sum, part) => sum + (part[n] ?? 0), 0));
    const power = tones.reduce((sum, [hz, peak]) => sum + expected(hz, peak) ** 2, 0);
    expect((velocityRmsOf(samples, 6400) ?? 0) / Math.sqrt(power)).toBeCloseTo(1, 2);
  });

  it('does not count what is outside the band', () => {
    for (const hz of [3, 7, 1005, 3000]) {
      expect(velocityRmsOf(aSine(16_384, { hz, peak: 1 }, 6400), 6400)).toBeLessThan(0.03 * expected(hz, 1));
    }
  });

  it('of white noise is that of its density', () => {
    // Power density of evenly distributed numbers from −1 to 1: a third, over half of the rate.
    const [rate, length] = [2560, 65_536];
    const density = 1 / 3 / (rate / 2);
    const power = density * (G / (2 * Math.PI)) ** 2 * (1 / 10 - 1 / 1000);
    expect((velocityRmsOf(aNoise(length), rate) ?? 0) / Math.sqrt(power)).toBeCloseTo(1, 1);
  });

  it.each([
    ['record_too_short', 4096, 25_600], // 0.16 s.
    ['record_too_short', 2047, 2560],
    ['record_too_short', 0, 2560],
    ['sample_rate_too_low', 4096, 2000],
    ['sample_rate_too_low', 4096, 100],
    ['record_too_long', MAX_RECORD + 1, 25_600],
  ])('is null for a record that does not allow it: %s', (problem, length, rate) => {
    expect(velocityProblem(length, rate)).toBe(problem);
    expect(velocityRmsOf(new Float64Array(length), rate)).toBeNull();
  });

  it('needs a sample rate', () => {
    expect([velocityProblem(4096, null), velocityProblem(4096, 2560), velocityProblem(2048, 2560)]).toEqual([
      'sample_rate_unknown',
      null,
      null,
    ]);
  });
});
