import { anEncodedReading, anEncodedWaveform } from '../ingest.harness';
import { fromSpoolPayload, HEAD_BYTES, toSpoolRecord } from './spool-record';

describe('a record of the spool', () => {
  it.each([
    ['a temperature', anEncodedReading(7)],
    ['a reading with all its fields null', anEncodedReading(7, { recordId: null, timeText: null, value: null })],
    ['a waveform', anEncodedWaveform(3)],
    ['a waveform with an empty block', anEncodedWaveform(3, 0)],
  ])('gives back %s', (_, reading) => {
    expect(fromSpoolPayload(toSpoolRecord(reading).subarray(HEAD_BYTES))).toEqual(reading);
  });
});
