import { axes } from './sampling';
import type { Axis } from './sampling';
import { waveformOf } from './waveforms';
import type { Waveform } from './waveforms';

function machine(number: number, samples: number, axis: Axis = 'X'): Waveform {
  return waveformOf({ kind: 'machine' }, { serial: 30_000_011, number, axis, samples, rateHz: 2560 });
}

function samplesOf(text: string): number[] {
  return text.split(',').map(Number);
}

describe('waveformOf', () => {
  it('states the peak, peak-to-peak and RMS of its own samples', () => {
    const { text, pk, pp, rms } = machine(7, 1024);

    const samples = samplesOf(text);
    expect(samples).toHaveLength(1024);
    expect(pk).toBeCloseTo(Math.max(...samples.map(Math.abs)), 4);
    expect(pp).toBeCloseTo(Math.max(...samples) - Math.min(...samples), 4);
    expect(rms).toBeCloseTo(Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / 1024), 4);
  });

  it('has small values around zero, like a machine at rest', () => {
    const { text, pk, rms } = machine(21, 2560);

    const samples = samplesOf(text);
    const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(pk).toBeGreaterThan(0.04);
    expect(pk).toBeLessThan(1);
    expect(rms).toBeLessThan(pk);
  });

  it('gives the same waveform for the same record and a different one for another record', () => {
    expect(machine(3, 64)).toEqual(machine(3, 64));
    expect(machine(3, 64).text).not.toBe(machine(4, 64).text);
  });

  it('hardly ever gives two records of a sensor the same three axes', () => {
    const readings = Array.from({ length: 1000 }, (_, number) =>
      axes.map((axis) => machine(number, 4, axis).text).join(';'),
    );
    expect(new Set(readings).size).toBeGreaterThan(990);
  });
});
