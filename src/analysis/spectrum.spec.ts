import fc from 'fast-check';
import { aNoise, aSine, meanSquare, naivelyTransformed, peakOf, relativeError } from './analysis.harness';
import { spectrumOf, validFromHz } from './spectrum';
import type { SpectrumOptions } from './spectrum';
import { weighted, windowOf, WINDOWS } from './windows';

const RATE = 25_600;
const LENGTHS = [1024, 4096, 6400, 4093]; // The last one is prime.

function spectrum(samples: Float64Array, options: Partial<SpectrumOptions> = {}) {
  const defaults = { sampleRateHz: RATE, window: 'hann', quantity: 'acceleration', scale: 'peak' } as const;
  return spectrumOf(samples, { ...defaults, ...options });
}

/** A sine anywhere in the record but at its ends, where its line at the negative frequency is too near. */
const anySine = fc
  .record({
    length: fc.constantFrom(...LENGTHS),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    phase: fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
    offset: fc.double({ min: -20, max: 20, noNaN: true }),
    peak: fc.double({ min: 1e-3, max: 500, noNaN: true }),
  })
  .map(({ length, place, ...sine }) => ({
    length,
    sine: { ...sine, hz: ((12 + place * (length / 2 - 24)) * RATE) / length },
  }));

describe('the spectrum of a sine', () => {
  it('has its highest line within one line of the frequency, with every window, at any phase and offset', () => {
    fc.assert(
      fc.property(anySine, fc.constantFrom(...WINDOWS), ({ length, sine }, window) => {
        const { amplitudes, dfHz } = spectrum(aSine(length, sine, RATE), { window });
        return Math.abs(peakOf(amplitudes) * dfHz - sine.hz) <= dfHz;
      }),
      { numRuns: 120 },
    );
  });

  it('shows its amplitude within 1 % with the flat-top window, at any frequency, phase and offset', () => {
    fc.assert(
      fc.property(anySine, ({ length, sine }) => {
        const { amplitudes } = spectrum(aSine(length, sine, RATE), { window: 'flattop' });
        return Math.abs(Math.max(...amplitudes) / sine.peak - 1) < 0.01;
      }),
      { numRuns: 120 },
    );
  });

  it.each([
    ['flattop', 0.9989],
    ['hann', 0.8488],
    ['none', 0.6366],
  ] as const)('half a line off shows, with the window %s, %d of its amplitude', (window, share) => {
    const length = 4096;
    const { amplitudes } = spectrum(aSine(length, { hz: (400.5 * RATE) / length }, RATE), { window });
    expect(Math.max(...amplitudes)).toBeCloseTo(share, 3);
  });

  it.each([
    ['peak', 3],
    ['rms', 3 / Math.SQRT2],
    ['peak_to_peak', 6],
  ] as const)('is expressed as %s', (scale, expected) => {
    for (const window of WINDOWS) {
      const { amplitudes } = spectrum(aSine(1024, { hz: 2500, peak: 3 }, RATE), { window, scale });
      expect(amplitudes[100]).toBeCloseTo(expected, 9);
    }
  });

  it('at half of the sample rate shows the amplitude, too', () => {
    const samples = Float64Array.from({ length: 64 }, (_, n) => (n % 2 === 0 ? 5 : -5));
    const last = (scale: 'peak' | 'rms' | 'peak_to_peak') => spectrum(samples, { scale }).amplitudes[32];
    expect([last('peak'), last('rms'), last('peak_to_peak')]).toEqual(
      [5, 5, 10].map((each) => expect.closeTo(each, 12) as number),
    );
  });

  it('is integrated to velocity and displacement in closed form', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 2000 }), fc.double({ min: 1e-3, max: 100, noNaN: true }), (line, peak) => {
        const hz = (line * RATE) / 4096;
        const samples = aSine(4096, { hz, peak, phase: 1 }, RATE);
        const velocity = spectrum(samples, { quantity: 'velocity', window: 'flattop' }).amplitudes[line] ?? NaN;
        const displacement = spectrum(samples, { quantity: 'displacement', window: 'flattop' }).amplitudes[line] ?? NaN;
        const angular = 2 * Math.PI * hz;
        const metres = peak * 9.80665;
        expect(velocity / ((1e3 * metres) / angular)).toBeCloseTo(1, 9);
        expect(displacement / ((1e6 * metres) / angular ** 2)).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe('the spectrum of any record', () => {
  it('has the power of the record (Parseval), for any length and window', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 900 }), fc.constantFrom(...WINDOWS), (length, name) => {
        const samples = aNoise(length, length);
        const { amplitudes, noiseBandwidthHz, dfHz } = spectrum(samples, { window: name, scale: 'rms' });
        const power = amplitudes.reduce((sum, each) => sum + each * each, 0) / (noiseBandwidthHz / dfHz);
        const window = windowOf(name, length);
        const expected = meanSquare(weighted(samples, window)) / meanSquare(window.weights);
        return Math.abs(power / expected - 1) < 1e-9;
      }),
    );
  });

  it.each([1000, 1024, 1021])('is that of an independent implementation, for %d samples', (length) => {
    const samples = aNoise(length);
    const mean = samples.reduce((sum, value) => sum + value, 0) / length;
    const { re, im } = naivelyTransformed({ re: samples.map((value) => value - mean), im: new Float64Array(length) });
    const expected = re.slice(0, Math.floor(length / 2) + 1).map((real, n) => {
      return ((2 * n === length ? 1 : 2) * Math.hypot(real, im[n] ?? 0)) / length;
    });
    expect(relativeError(spectrum(samples, { window: 'none' }).amplitudes, expected)).toBeLessThan(1e-10);
  });

  it('has a line for each period that fits in the record, up to half of the sample rate', () => {
    for (const [length, lines] of [
      [4096, 2049],
      [6400, 3201],
      [4093, 2047],
    ] as const) {
      const { amplitudes, dfHz, noiseBandwidthHz } = spectrum(aNoise(length));
      expect([amplitudes.length, dfHz]).toEqual([lines, RATE / length]);
      expect(noiseBandwidthHz).toBeCloseTo(1.5 * dfHz, 9);
    }
  });

  it('is zero for equal samples, and for a single one', () => {
    for (const length of [1, 2, 3, 1000]) {
      for (const quantity of ['acceleration', 'velocity', 'displacement'] as const) {
        const { amplitudes } = spectrum(new Float64Array(length).fill(7.25), { quantity });
        expect(Math.max(...amplitudes)).toBeLessThan(1e-9);
      }
    }
  });
});

it('a frequency is valid from eight periods on', () => {
  expect([validFromHz(4096, 25_600), validFromHz(4096, 2560)]).toEqual([50, 5]);
});
