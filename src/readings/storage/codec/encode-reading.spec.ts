import type { NewReading } from '../../reading';
import { decodeAxis } from './axis-codec';
import { encodeReading } from './encode-reading';

const reading: NewReading = {
  kind: 'vibration',
  gatewayId: '00000000-0000-4000-8000-000000000001',
  serial: 30000033,
  recordId: 41,
  timeText: '2026-05-21 14:07',
  axes: {},
  reported: {},
  value: null,
  extra: null,
  origin: 'live',
  receivedAt: new Date('2026-05-21T12:07:30Z'),
};

describe('encoding a reading', () => {
  it('encodes each axis and computes its statistics; axes without samples are left out', async () => {
    const axes = { x: Float64Array.of(1, -1, 1, -1), y: new Float64Array(0), z: Float64Array.of(0.5, 0.25) };

    const encoded = await encodeReading({ ...reading, axes });

    expect(Object.keys(encoded.axes)).toEqual(['x', 'z']);
    expect(encoded.axes.x?.statistics).toMatchObject({ mean: 0, rms: 1, peak: 1, peakToPeak: 2 });
    expect(decodeAxis(encoded.axes.z?.block ?? Buffer.alloc(0))).toEqual(axes.z);
    expect(encoded.samples).toBe(4);
  });

  it('has no samples for other kinds, and none for a vibration record without a waveform', async () => {
    expect(await encodeReading({ ...reading, kind: 'temperature', value: 23 })).toMatchObject({
      samples: null,
      axes: {},
    });
    expect(await encodeReading(reading)).toMatchObject({ samples: 0, axes: {} });
  });
});
