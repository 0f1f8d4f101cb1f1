import type { EncodedReading, NewReading } from '../reading';

/** A temperature, or a vibration reading with a block of these bytes. */
export function anEncodedReading(recordId: number, changes: Partial<EncodedReading> = {}): EncodedReading {
  return {
    ...{ kind: 'temperature', gatewayId: 'gateway-1', serial: 7, recordId, timeText: '2026-05-21 14:07', axes: {} },
    ...{ reported: {}, value: 23, extra: null, origin: 'live', samples: null, velocities: null },
    receivedAt: new Date('2026-05-21T12:07:30.123Z'),
    ...changes,
  };
}

export function anEncodedWaveform(recordId: number, bytes = 100): EncodedReading {
  const statistics = { mean: 0.1, rms: 1 / 3, peak: 2, peakToPeak: 4, crest: null, kurtosis: 1e-7 };
  return anEncodedReading(recordId, {
    ...{ kind: 'vibration', value: null, samples: 50, extra: { Unit: 'ü', List: [1, null] } },
    axes: {
      x: { block: Buffer.alloc(bytes, recordId), statistics },
      z: { block: Buffer.alloc(bytes, recordId + 1), statistics: { ...statistics, crest: 3 } },
    },
    reported: { y: { peak: 1, peakToPeak: null, rms: 0.25 } },
  });
}

export function aNewReading(recordId: number, samples = 0): NewReading {
  const { kind, gatewayId, serial, timeText, reported, value, extra, origin, receivedAt } = anEncodedReading(recordId);
  const reading = { kind, gatewayId, serial, recordId, timeText, axes: {}, reported, value, extra, origin, receivedAt };
  return samples === 0
    ? reading
    : { ...reading, kind: 'vibration', value: null, axes: { x: new Float64Array(samples) } };
}

export const idsOf = (readings: readonly { recordId: number | null }[]): (number | null)[] =>
  readings.map(({ recordId }) => recordId);
