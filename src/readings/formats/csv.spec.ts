import { aSignal, aWaveform } from './formats.harness';
import { toCsv } from './csv';
import { thinned } from './min-max';

const rowsOf = (pieces: Iterable<string>) => [...pieces].join('').split('\r\n');

describe('toCsv', () => {
  it('has a row for each sample, with its time and a column for each axis', () => {
    expect(rowsOf(toCsv(aWaveform({ x: [0.1234, -2], z: [1, 0] }, { sampleRateHz: 8 })))).toEqual([
      'sample,seconds,x_g,z_g',
      '0,0,0.1234,1',
      '1,0.125,-2,0',
      '',
    ]);
  });

  it('leaves out what is unknown: the time without a sample rate, the end of a shorter axis', () => {
    expect(rowsOf(toCsv(aWaveform({ x: [1, 2], y: [3] }, { sampleRateHz: null, unit: 'm_s2' })))).toEqual([
      'sample,seconds,x_m_s2,y_m_s2',
      '0,,1,3',
      '1,,2,',
      '',
    ]);
  });

  it('has a row for each bucket of a thinned waveform', () => {
    const waveform = thinned(aWaveform({ x: [3, 1, 2, 9, 7] }, { sampleRateHz: 2 }), 4);
    expect(rowsOf(toCsv(waveform))).toEqual(['sample,seconds,x_min_g,x_max_g', '0,0,1,3', '3,1.5,7,9', '']);
  });

  it('comes in pieces, whatever the length', () => {
    for (const samples of [0, 1, 4095, 4096, 4097, 9000]) {
      const pieces = [...toCsv(aWaveform({ x: aSignal(samples) }))];
      expect(pieces).toHaveLength(Math.max(1, Math.ceil(samples / 4096)));
      expect(rowsOf(pieces)).toHaveLength(samples + 2);
    }
  });
});
