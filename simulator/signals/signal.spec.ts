import type { Sampling } from './sampling';
import { samplesOf, signalSchema } from './signal';
import { readWatermark } from './watermark';

const sampling: Sampling = { serial: 30_000_011, number: 7, axis: 'X', samples: 2560, rateHz: 2560 };

function sampled(signal: unknown, changes: Partial<Sampling> = {}): number[] {
  return samplesOf(signalSchema.parse(signal), { ...sampling, ...changes });
}

/** Amplitude of one line of the spectrum, in g. The samples last one second, so that lines are 1 Hz apart. */
function amplitudeAt(samples: readonly number[], hz: number): number {
  const turn = (index: number): number => (2 * Math.PI * hz * index) / samples.length;
  const real = samples.reduce((sum, sample, index) => sum + sample * Math.cos(turn(index)), 0);
  const imaginary = samples.reduce((sum, sample, index) => sum + sample * Math.sin(turn(index)), 0);
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

function rmsOf(samples: readonly number[]): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

describe('samplesOf', () => {
  it('gives the samples of a sine exactly, rounded to the decimals of the wire', () => {
    const samples = sampled({ kind: 'sine', hz: 40, g: 1.5, phase: 0.3, dc: 0.25 });

    expect(samples).toHaveLength(2560);
    samples.forEach((sample, index) => {
      const exact = 0.25 + 1.5 * Math.sin((2 * Math.PI * 40 * index) / 2560 + 0.3);
      expect(sample).toBe(Math.round(exact * 10_000) / 10_000 + 0);
    });
  });

  it('has both tones of a two-tone signal, and nothing between them', () => {
    const samples = sampled({ kind: 'two-tone', hz: [50, 120], g: [1, 0.5] });

    expect(amplitudeAt(samples, 50)).toBeCloseTo(1, 3);
    expect(amplitudeAt(samples, 120)).toBeCloseTo(0.5, 3);
    expect(amplitudeAt(samples, 85)).toBeCloseTo(0, 3);
  });

  it('has only two values in a square wave', () => {
    expect(new Set(sampled({ kind: 'square', hz: 50, g: 2, dc: 1 }))).toEqual(new Set([3, -1]));
  });

  it('has white noise of the given RMS, the same for each record only with a seed', () => {
    const rms = rmsOf(sampled({ kind: 'noise', rms: 0.5 }));

    expect(rms).toBeGreaterThan(0.47);
    expect(rms).toBeLessThan(0.53);
    expect(sampled({ kind: 'noise' })).not.toEqual(sampled({ kind: 'noise' }, { number: 8 }));
    expect(sampled({ kind: 'noise', seed: 3 })).toEqual(sampled({ kind: 'noise', seed: 3 }, { number: 8 }));
  });

  it('rings at the rate of the fault', () => {
    const samples = sampled({ kind: 'bearing', fault_hz: 80, resonance_hz: 800, g: 2, snr_db: null });
    const envelope = samples.map(Math.abs);

    expect(amplitudeAt(envelope, 80)).toBeGreaterThan(10 * amplitudeAt(envelope, 95));
    expect(samples.slice(0, 320)).toEqual(samples.slice(320, 640));
  });

  it('adds noise to a fault in the given ratio', () => {
    const pure = sampled({ kind: 'bearing', snr_db: null });
    const noisy = sampled({ kind: 'bearing', snr_db: 10 });
    const noise = noisy.map((sample, index) => sample - (pure[index] ?? 0));

    expect(10 * Math.log10(rmsOf(pure) ** 2 / rmsOf(noise) ** 2)).toBeCloseTo(10, 0);
  });

  it('refuses a signal that is not described', () => {
    expect(() => signalSchema.parse({ kind: 'sine', hz: 0 })).toThrow(/hz/);
    expect(() => signalSchema.parse({ kind: 'cosine' })).toThrow(/kind/);
  });
});

describe('readWatermark', () => {
  it.each([
    [30_000_011, 1],
    [1, 99_999_999],
    [99_999_999, 10_000],
    [20_009_999, 9999],
  ])('reads serial %i and number %i from each axis, even after float32', (serial, number) => {
    for (const axis of ['X', 'Y', 'Z'] as const) {
      for (const samples of [4, 17, 1024]) {
        const wire = sampled({ kind: 'watermark' }, { serial, number, axis, samples });
        expect(readWatermark(Float32Array.from(wire))).toEqual({ serial, number, axis });
      }
    }
  });

  it('finds none in other samples', () => {
    expect(readWatermark(sampled({ kind: 'machine' }))).toBeNull();
    expect(readWatermark(sampled({ kind: 'sine', g: 1.23456, decimals: 6 }))).toBeNull();
    expect(readWatermark([1, 1])).toBeNull();
  });

  it('cannot be made for too few samples', () => {
    expect(() => sampled({ kind: 'watermark' }, { samples: 3 })).toThrow(RangeError);
  });
});
