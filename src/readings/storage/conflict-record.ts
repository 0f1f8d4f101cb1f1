import { AXES } from '../reading';
import type { Conflict } from './batch-plan';
import { decodeAxis } from './codec/axis-codec';
import type { RecordToKeep } from './kept-records.repository';

/** A record that contradicts its reading, with all its samples: nothing that a gateway has sent is dropped. */
export function toRecordToKeep({ reading, differing }: Conflict): RecordToKeep {
  const { gatewayId, kind, serial, recordId, timeText, axes, reported, value, extra, receivedAt } = reading;
  const samples = AXES.flatMap((axis) => {
    const encoded = axes[axis];
    return encoded ? [[axis, Array.from(decodeAxis(encoded.block))]] : [];
  });
  return {
    ...{ gatewayId, kind, serial, receivedAt, problem: 'conflict' },
    reason: `differs from the stored reading: ${differing.join('; ')}`,
    text: JSON.stringify({
      serial,
      recordId,
      timeText,
      value,
      reported,
      extra,
      axes: Object.fromEntries(samples) as object,
    }),
  };
}
