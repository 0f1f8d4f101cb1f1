import { AXES } from '../reading';
import type { EncodedReading, NewReading } from '../reading';

/** What the objects of one reading take, in bytes. */
const OVERHEAD = 1024;

/** About how much memory a reading takes whose samples are not encoded, in bytes. */
export function sizeOfNew({ axes, extra }: NewReading): number {
  return AXES.reduce((sum, axis) => sum + (axes[axis]?.byteLength ?? 0), OVERHEAD + sizeOfExtra(extra));
}

/** About how much memory a reading takes, in bytes. */
export function sizeOfEncoded({ axes, extra }: EncodedReading): number {
  return AXES.reduce((sum, axis) => sum + (axes[axis]?.block.length ?? 0), OVERHEAD + sizeOfExtra(extra));
}

function sizeOfExtra(extra: NewReading['extra']): number {
  return extra === null ? 0 : 2 * JSON.stringify(extra).length;
}
