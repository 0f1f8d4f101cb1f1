import { z } from 'zod';
import type { LogCodec } from '../bus/replica-bus';
import { momentOf, timeOf } from '../common/clock';
import { CONNECTION_STATES } from '../status/connection-state';
import type { StateChange } from '../status/state-change';
import { readRecord, toWireRecord } from '../status/wire-record';

const envelope = z.object({
  id: z.string(),
  by: z.string(),
  at: z.number(),
  from: z.enum(CONNECTION_STATES),
  record: z.unknown(),
});

/** State changes, as replicas tell each other. */
export const changeCodec: LogCodec<StateChange> = {
  encode: ({ id, from, at, status }) => ({
    id,
    by: status.observedBy,
    at: timeOf(at).getTime(),
    from,
    record: toWireRecord(status),
  }),
  decode: (message) => {
    const { success, data } = envelope.safeParse(message);
    if (!success) return null;
    const at = momentOf(new Date(data.at));
    const status = readRecord(data.record, data.by, at);
    if (!status) return null;
    const { gateway, state: to, reason, attempt } = status;
    return { id: data.id, gateway, from: data.from, to, at, reason, attempt, status };
  },
};
