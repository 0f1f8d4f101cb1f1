import fc from 'fast-check';
import { aSignal, aWaveform, valuesOf } from './formats.harness';
import { thinned } from './min-max';

describe('thinned', () => {
  it('returns the minimum and the maximum of each bucket', () => {
    const waveform = thinned(aWaveform({ x: [3, 1, 2, 9, 7, 8, -4], y: [0, 0, 0, 0, 0, 0, 1] }), 6);
    expect(waveform.samplesPerBucket).toBe(3);
    expect(valuesOf(waveform, 'x')).toEqual([1, 3, 7, 9, -4, -4]);
    expect(valuesOf(waveform, 'y')).toEqual([0, 0, 0, 0, 1, 1]);
  });

  it('returns a waveform that is short enough as it is', () => {
    const waveform = aWaveform({ x: [3, 1, 2] });
    expect(thinned(waveform, 3)).toBe(waveform);
  });

  it('finds a peak of one sample wherever it is', () => {
    const flat = new Array<number>(4096).fill(0);
    for (let at = 0; at < flat.length; at += 1) {
      expect(Math.max(...valuesOf(thinned(aWaveform({ x: flat.with(at, 5) }), 100), 'x'))).toBe(5);
    }
  });

  it('returns no more values than asked for, and the extremes of the whole waveform, for any length and number', () => {
    const signal = aSignal(3000);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 2, max: 3500 }), (length, points) => {
        const x = signal.slice(0, length);
        const values = valuesOf(thinned(aWaveform({ x }), points), 'x');
        expect(values.length).toBeLessThanOrEqual(points);
        expect([Math.min(...values), Math.max(...values)]).toEqual([Math.min(...x), Math.max(...x)]);
      }),
    );
  });

  it('cuts a shorter axis into the same buckets', () => {
    const waveform = thinned(aWaveform({ x: [1, 2, 3, 4, 5, 6], y: [1, 2] }), 4);
    expect([waveform.samplesPerBucket, valuesOf(waveform, 'x'), valuesOf(waveform, 'y')]).toEqual([
      3,
      [1, 3, 4, 6],
      [1, 2],
    ]);
  });
});
