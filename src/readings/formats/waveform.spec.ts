import { aWaveform, valuesOf } from './formats.harness';
import { inUnit, lengthOf } from './waveform';

describe('inUnit', () => {
  it('converts g to metres per second squared and back', () => {
    const waveform = aWaveform({ x: [1, -0.5], z: [0, 2] });
    const metric = inUnit(waveform, 'm_s2');
    expect([metric.unit, valuesOf(metric, 'x'), valuesOf(metric, 'z')]).toEqual([
      'm_s2',
      [9.80665, -4.903325],
      [0, 19.6133],
    ]);
    expect(valuesOf(inUnit(metric, 'g'), 'z')).toEqual([0, expect.closeTo(2, 12)]);
  });

  it('leaves a waveform in the wanted unit as it is', () => {
    const waveform = aWaveform({ x: [0.1234] });
    expect(inUnit(waveform, 'g')).toBe(waveform);
  });
});

it('the length is that of the longest axis', () => {
  expect([lengthOf(aWaveform({})), lengthOf(aWaveform({ x: [1], y: [1, 2] }))]).toEqual([0, 2]);
});
