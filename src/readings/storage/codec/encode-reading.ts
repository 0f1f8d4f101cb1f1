import { statisticsOf } from '../../../analysis/statistics';
import { AXES } from '../../reading';
import type { Axis, EncodedAxis, EncodedReading, NewReading } from '../../reading';
import { encodeAxis } from './axis-codec';

/**
 * Computes the statistics and encodes the waveform of a reading. Axes without samples are left out.
 * @throws RangeError, as a rejection, if a sample is not finite or too large
 */
export async function encodeReading(reading: NewReading): Promise<EncodedReading> {
  if (reading.kind !== 'vibration') return { ...reading, axes: {}, samples: null };
  const { axes } = reading;
  const present = AXES.flatMap((axis) => {
    const samples = axes[axis];
    return samples && samples.length > 0 ? [{ axis, samples }] : [];
  });
  const encoded = await Promise.all(
    present.map(async ({ axis, samples }): Promise<[Axis, EncodedAxis]> => [
      axis,
      { block: await encodeAxis(samples), statistics: statisticsOf(samples) },
    ]),
  );
  const longest = Math.max(0, ...present.map(({ samples }) => samples.length));
  return { ...reading, axes: Object.fromEntries(encoded), samples: longest };
}
