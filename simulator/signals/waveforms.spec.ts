import { waveformFor } from './waveforms';

function samplesOf(text: string): number[] {
  return text.split(',').map(Number);
}

describe('waveformFor', () => {
  it('states the peak, peak-to-peak and RMS of its own samples', () => {
    const { text, pk, pp, rms } = waveformFor(7, 1024);

    const samples = samplesOf(text);
    expect(samples).toHaveLength(1024);
    expect(pk).toBeCloseTo(Math.max(...samples.map(Math.abs)), 4);
    expect(pp).toBeCloseTo(Math.max(...samples) - Math.min(...samples), 4);
    expect(rms).toBeCloseTo(Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / 1024), 4);
  });

  it('has small values around zero, like a machine at rest', () => {
    const { text, pk, rms } = waveformFor(21, 2560);

    const samples = samplesOf(text);
    const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(pk).toBeGreaterThan(0.04);
    expect(pk).toBeLessThan(1);
    expect(rms).toBeLessThan(pk);
  });

  it('gives the same waveform for the same seed and a different one for another seed', () => {
    expect(waveformFor(3, 64)).toEqual(waveformFor(3, 64));
    expect(waveformFor(3, 64).text).not.toBe(waveformFor(4, 64).text);
  });
});
