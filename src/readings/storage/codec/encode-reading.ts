import { statisticsOf } from '../../../analysis/statistics';
import { velocityRmsOf } from '../../../analysis/velocity-rms';
import { AXES } from '../../reading';
import type { Axis, EncodedAxis, EncodedReading, NewReading, Velocities } from '../../reading';
import { encodeAxis } from './axis-codec';

/** The samples of a reading by axis, in g. */
export type Waveform = NewReading['axes'];

/** What is stored of a waveform. */
export type EncodedWaveform = Pick<EncodedReading, 'axes' | 'samples' | 'velocities'>;

/**
 * Computes the figures and encodes the waveform of a reading. Axes without samples are left out.
 * @param sampleRateHz that of the sensor, for the velocities; null if it is not known yet
 * @throws RangeError, as a rejection, if a sample is not finite or too large
 */
export async function encodeReading(reading: NewReading, sampleRateHz: number | null = null): Promise<EncodedReading> {
  if (reading.kind !== 'vibration') return { ...reading, axes: {}, samples: null, velocities: null };
  return { ...reading, ...(await encodeWaveform(reading.axes, sampleRateHz)) };
}

/** The part of `encodeReading` that takes time. @throws RangeError, as a rejection */
export async function encodeWaveform(waveform: Waveform, sampleRateHz: number | null): Promise<EncodedWaveform> {
  const present = AXES.flatMap((axis) => {
    const samples = waveform[axis];
    return samples && samples.length > 0 ? [{ axis, samples }] : [];
  });
  const encoded = await Promise.all(
    present.map(async ({ axis, samples }): Promise<[Axis, EncodedAxis]> => [
      axis,
      { block: await encodeAxis(samples), statistics: statisticsOf(samples) },
    ]),
  );
  const longest = Math.max(0, ...present.map(({ samples }) => samples.length));
  const velocities = sampleRateHz === null ? null : velocitiesAt(sampleRateHz, present);
  return { axes: Object.fromEntries(encoded), samples: longest, velocities };
}

function velocitiesAt(sampleRateHz: number, axes: readonly { axis: Axis; samples: Float64Array }[]): Velocities {
  const rms = axes.map(({ axis, samples }) => [axis, velocityRmsOf(samples, sampleRateHz)] as const);
  return { sampleRateHz, rms: Object.fromEntries(rms) };
}
