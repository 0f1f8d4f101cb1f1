import { lengthOf } from './waveform';
import type { Waveform } from './waveform';

/**
 * Thins a waveform for drawing: equal buckets of samples, and of each its minimum and its maximum, so no peak is missed. All axes have the
 * same buckets; the last one may be shorter.
 * @param points how many values an axis may have, at least 2; a waveform that has no more is returned as it is
 */
export function thinned(waveform: Waveform, points: number): Waveform {
  const length = lengthOf(waveform);
  if (length <= points) return waveform;
  const samplesPerBucket = Math.ceil(length / Math.floor(points / 2));
  const axes = waveform.axes.map(({ axis, values }) => ({ axis, values: minMax(values, samplesPerBucket) }));
  return { ...waveform, axes, samplesPerBucket };
}

function minMax(values: Float64Array, size: number): Float64Array {
  const result = new Float64Array(2 * Math.ceil(values.length / size));
  for (let bucket = 0; bucket * size < values.length; bucket += 1) {
    const end = Math.min((bucket + 1) * size, values.length);
    let [min, max] = [Infinity, -Infinity];
    for (let index = bucket * size; index < end; index += 1) {
      const value = values[index] ?? 0; // Never absent: the index is within the array.
      if (value < min) min = value;
      if (value > max) max = value;
    }
    result[2 * bucket] = min;
    result[2 * bucket + 1] = max;
  }
  return result;
}
