import { toFloat32 } from './float32';
import { lengthOf } from './waveform';
import type { Waveform } from './waveform';

/** `\x93NUMPY`, then the version, 1.0. */
const MAGIC = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
/** The data begin at a multiple of this, so that they can be mapped into memory. */
const ALIGNMENT = 64;

/**
 * The file format of NumPy (NEP 1), version 1.0: an array of float32 with a row for each axis, which `numpy.load` reads. A shorter axis is
 * filled up with NaN.
 */
export function toNpy(waveform: Waveform): Buffer {
  const shape = `(${waveform.axes.length}, ${lengthOf(waveform)})`;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  const before = MAGIC.length + 2;
  const length = Math.ceil((before + header.length + 1) / ALIGNMENT) * ALIGNMENT - before;
  const size = Buffer.alloc(2);
  size.writeUInt16LE(length);
  return Buffer.concat([MAGIC, size, Buffer.from(`${header.padEnd(length - 1)}\n`, 'latin1'), toFloat32(waveform)]);
}
