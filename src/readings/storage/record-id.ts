import { createHash } from 'node:crypto';
import { AXES } from '../reading';
import type { EncodedReading } from '../reading';
import { decodeAxis } from './codec/axis-codec';

/** The gateway's id of a record; null if it has none that can be one. */
export function gatewayIdOf({ recordId }: EncodedReading): number | null {
  return recordId !== null && Number.isSafeInteger(recordId) && recordId >= 0 ? recordId : null;
}

/**
 * The id under which a record is stored: that of the gateway, or a negative one computed from the content, so that a record that comes
 * again has it too.
 */
export function storedIdOf(reading: EncodedReading): string {
  const id = gatewayIdOf(reading);
  return id === null ? String(-contentHash(reading)) : String(id);
}

/** 62 bits, and never 0. */
function contentHash({ kind, serial, timeText, value, reported, axes }: EncodedReading): bigint {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([kind, serial, timeText, value, AXES.map((axis) => reported[axis] ?? null)]));
  for (const axis of AXES) {
    const encoded = axes[axis];
    // The samples and not the block, which may come out differently with another version of zlib.
    if (encoded) hash.update(axis).update(Buffer.from(decodeAxis(encoded.block).buffer));
  }
  return (hash.digest().readBigUInt64BE() >> 2n) | 1n;
}
