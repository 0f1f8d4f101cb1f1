import { lengthOf } from './waveform';
import type { Waveform } from './waveform';

const BYTES = 4;

/**
 * The values as little-endian float32, axis after axis, without a header. A shorter axis is filled up with NaN, so that all have the
 * same length.
 */
export function toFloat32(waveform: Waveform): Buffer {
  const length = lengthOf(waveform);
  const buffer = Buffer.alloc(BYTES * length * waveform.axes.length);
  waveform.axes.forEach(({ values }, row) => {
    for (let index = 0; index < length; index += 1) {
      buffer.writeFloatLE(values[index] ?? NaN, BYTES * (row * length + index));
    }
  });
  return buffer;
}
