import fc from 'fast-check';
import { samplesOf, signalSchema } from '../../simulator/signals/signal';
import { aSine, peakOf, relativeError } from './analysis.harness';
import { envelopeOf } from './envelope';
import { spectrumOf } from './spectrum';

const RATE = 25_600;

describe('envelopeOf', () => {
  it('is the modulation of a carrier', () => {
    const length = 6400;
    const modulation = aSine(length, { hz: 100, peak: 0.5, offset: 2 }, RATE);
    const carrier = aSine(length, { hz: 4000 }, RATE);
    const envelope = envelopeOf(
      carrier.map((value, n) => value * (modulation[n] ?? 0)),
      RATE,
      { lowHz: 3500, highHz: 4500 },
    );
    expect(relativeError(envelope, modulation)).toBeLessThan(1e-9);
  });

  it('is constant for a sine in the band, and zero for one outside and for an offset', () => {
    const sine = aSine(4096, { hz: 2500, peak: 3, offset: 10 }, RATE);
    expect(
      relativeError(envelopeOf(sine, RATE, { lowHz: 2000, highHz: 3000 }), new Float64Array(4096).fill(3)),
    ).toBeLessThan(1e-9);
    expect(Math.max(...envelopeOf(sine, RATE, { lowHz: 3000, highHz: 12_800 }))).toBeLessThan(1e-9);
  });

  it('does not contain half of the sample rate, which has no phase', () => {
    const alternating = Float64Array.from({ length: 64 }, (_, n) => (n % 2 === 0 ? 1 : -1));
    expect(Math.max(...envelopeOf(alternating, RATE, { lowHz: 1000, highHz: RATE / 2 }))).toBeLessThan(1e-12);
  });

  it('shows the rate of the impacts of a damaged outer race within one line', () => {
    fc.assert(
      fc.property(
        // Not lower: the second harmonic of impacts that die away long before the next one is as high as the first.
        fc.double({ min: 70, max: 240, noNaN: true }),
        fc.constantFrom(4096, 6400, 8192, 8191),
        fc.constantFrom('X', 'Y', 'Z'),
        fc.integer({ min: 1, max: 1e6 }),
        (faultHz, samples, axis, number) => {
          const signal = signalSchema.parse({
            kind: 'bearing',
            fault_hz: faultHz,
            resonance_hz: 3000,
            decay_per_s: 400,
            snr_db: 5,
          });
          const record = samplesOf(signal, { serial: 7, number, axis, samples, rateHz: RATE });
          const envelope = envelopeOf(Float64Array.from(record), RATE, { lowHz: 2000, highHz: 4000 });
          const { amplitudes, dfHz } = spectrumOf(envelope, {
            ...{ sampleRateHz: RATE, window: 'hann', quantity: 'acceleration', scale: 'peak' },
          });
          return Math.abs(peakOf(amplitudes) * dfHz - faultHz) <= dfHz;
        },
      ),
      { numRuns: 40 },
    );
  });
});
