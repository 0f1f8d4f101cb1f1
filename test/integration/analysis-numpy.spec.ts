import { spawnSync } from 'node:child_process';
import { aNoise, relativeError } from '../../src/analysis/analysis.harness';
import { envelopeOf } from '../../src/analysis/envelope';
import { transformed } from '../../src/analysis/fft';
import { spectrumOf } from '../../src/analysis/spectrum';
import { velocityRmsOf } from '../../src/analysis/velocity-rms';

const RATE = 6400;
const LENGTHS = [1024, 4096, 6400, 8191]; // The last one is prime.

/** The same results as those of `src/analysis`, by NumPy's transform, from float64 samples on stdin. */
const PROGRAM = `
import json, sys
import numpy
samples = numpy.frombuffer(sys.stdin.buffer.read(), "<f8")
n, rate = len(samples), ${RATE}
turns = 2 * numpy.pi * numpy.arange(n) / n
hann = 0.5 - 0.5 * numpy.cos(turns)
terms = [0.21557895, -0.41663158, 0.277263158, -0.083578947, 0.006947368]
flattop = sum(a * numpy.cos(j * turns) for j, a in enumerate(terms))
lines = numpy.fft.rfftfreq(n, 1 / rate)
one_sided = numpy.full(len(lines), 2.0)
if n % 2 == 0: one_sided[-1] = 1
def power_of(window):
    centred = samples - numpy.average(samples, weights=window)
    return numpy.abs(numpy.fft.rfft(centred * window)) ** 2
peak = numpy.sqrt(power_of(flattop)) * one_sided / flattop.sum()
factor = numpy.zeros(len(lines))
factor[1:] = 9806.65 / (2 * numpy.pi * lines[1:])
df = rate / n
band = (lines >= numpy.ceil(10 / df) * df - 2.1 * df) & (lines <= numpy.floor(1000 / df) * df + 2.1 * df)
power = (power_of(hann) * one_sided * factor ** 2)[band].sum()
velocity = numpy.sqrt(power / (n * (hann ** 2).sum()))
both = numpy.fft.fft(samples)
frequencies = numpy.fft.fftfreq(n, 1 / rate)
both[(frequencies < 500) | (frequencies > 2000)] = 0
envelope = numpy.abs(numpy.fft.ifft(2 * both))
whole = numpy.fft.fft(samples)
print(json.dumps({
    "re": whole.real.tolist(), "im": whole.imag.tolist(), "acceleration": peak.tolist(), "velocity": (peak * factor).tolist(),
    "rms": velocity, "envelope": envelope.tolist(),
}))
`;

type Result = Readonly<Record<'re' | 'im' | 'acceleration' | 'velocity' | 'envelope', number[]>> & {
  readonly rms: number;
};

function byNumpy(samples: Float64Array): Result {
  const input = Buffer.from(samples.buffer);
  const { status, stdout, stderr } = spawnSync('python3', ['-c', PROGRAM], { input, maxBuffer: 1e8, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Result;
}

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
// The unit tests compare with the sum of the definition in any case.
const whereNumpyIs = hasNumpy ? describe : describe.skip;

whereNumpyIs('NumPy (skipped if python3 has no numpy)', () => {
  it.each(LENGTHS)('computes the same transform, spectra, envelope and velocity of %d samples', (length) => {
    const samples = aNoise(length);
    const expected = byNumpy(samples);
    const errorOf = (actual: Float64Array, of: readonly number[]) => relativeError(actual, Float64Array.from(of));

    const { re, im } = transformed({ re: samples, im: new Float64Array(length) });
    expect(errorOf(re, expected.re)).toBeLessThan(1e-12);
    expect(errorOf(im, expected.im)).toBeLessThan(1e-12);
    for (const quantity of ['acceleration', 'velocity'] as const) {
      const { amplitudes } = spectrumOf(samples, { sampleRateHz: RATE, window: 'flattop', scale: 'peak', quantity });
      expect(amplitudes).toHaveLength(expected[quantity].length);
      expect(errorOf(amplitudes, expected[quantity])).toBeLessThan(1e-10);
    }
    expect(errorOf(envelopeOf(samples, RATE, { lowHz: 500, highHz: 2000 }), expected.envelope)).toBeLessThan(1e-12);
    const rms = velocityRmsOf(samples, RATE);
    if (length < 5120)
      expect(rms).toBeNull(); // 0.8 s.
    else expect((rms ?? 0) / expected.rms).toBeCloseTo(1, 10);
  });
});
