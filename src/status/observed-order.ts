import { microsecondsOf } from '../common/clock';
import type { Moment } from '../common/clock';
import type { Page, PageRequest } from '../common/page';
import type { KeyOf, ObservedSort } from '../common/sort';
import type { ConnectionRecord } from './connection-record';
import { STATUS_STATES } from './connection-state';

/** The value of a connection that has none. */
const NONE = -1;

/** What a connection is sorted by, as an integer that a cursor can hold. Not negative, unless it has no value. */
const VALUE_OF: Record<KeyOf<ObservedSort>, (record: ConnectionRecord) => number> = {
  state: ({ state }) => STATUS_STATES.indexOf(state),
  since: ({ since }) => timeOrNone(since),
  last_message_at: ({ lastMessageAt }) => timeOrNone(lastMessageAt),
  latency_ms: ({ latencyMs }) => (latencyMs === null ? NONE : Math.round(latencyMs * 1000)),
  attempt: ({ attempt }) => attempt,
  reconnects: ({ reconnects }) => reconnects,
};

interface Ranked {
  /** Ascending in the direction of the list. */
  readonly rank: number;
  readonly value: number;
  readonly record: ConnectionRecord;
}

/** One page of these connections, in the order of a value that is observed: sorted anew each time, because values change all the time. */
export function pageByValue(
  records: readonly ConnectionRecord[],
  { key, isDescending }: { readonly key: KeyOf<ObservedSort>; readonly isDescending: boolean },
  { limit, offset, after }: PageRequest<string>,
): Page<ConnectionRecord> {
  const valueOf = VALUE_OF[key];
  const direction = isDescending ? -1 : 1;
  const rankOf = (value: number) => (value === NONE ? Infinity : direction * value);
  const compare = (rank: number, id: string, other: Ranked) => {
    if (rank !== other.rank) return rank < other.rank ? -1 : 1;
    const otherId = other.record.gateway.id;
    return id === otherId ? 0 : id < otherId ? -direction : direction;
  };

  let ranked = records.map((record): Ranked => {
    const value = valueOf(record);
    return { rank: rankOf(value), value, record };
  });
  if (after) {
    const rank = rankOf(Number(after.key));
    ranked = ranked.filter((each) => compare(rank, after.id, each) < 0);
  }
  ranked.sort((a, b) => compare(a.rank, a.record.gateway.id, b));
  const start = after ? 0 : offset;
  const page = ranked.slice(start, start + limit);
  const last = page.at(-1);
  const next = last && start + limit < ranked.length ? { key: String(last.value), id: last.record.gateway.id } : null;
  return {
    items: page.map(({ record }) => record),
    total: after?.total ?? records.length,
    ...(next && { next }),
  };
}

function timeOrNone(moment: Moment | null): number {
  return moment === null ? NONE : microsecondsOf(moment);
}
