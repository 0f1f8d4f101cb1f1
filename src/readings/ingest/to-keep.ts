import { AXES } from '../reading';
import type { EncodedReading, NewReading } from '../reading';
import { toText } from '../records/plain-json';
import type { RecordToKeep } from '../storage/kept-records.repository';

/** A reading that is refused, as a record for people. Waveforms are written as Base64 of their blocks, or left out if there are none yet. */
export function toKeep(reading: NewReading | EncodedReading, error: unknown): RecordToKeep {
  const { gatewayId, kind, serial, receivedAt, axes, ...rest } = reading;
  const blocks = AXES.flatMap((axis) => {
    const value = axes[axis];
    return value && 'block' in value ? [[axis, value.block.toString('base64')] as const] : [];
  });
  return {
    ...{ gatewayId, kind, serial, receivedAt, problem: 'unreadable' },
    reason: error instanceof Error ? error.message : 'the reading was refused',
    text: toText({ ...rest, axes: Object.fromEntries(blocks) }),
  };
}
