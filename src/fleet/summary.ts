import type { Moment } from '../common/clock';
import type { Reason } from '../gateway-client/failure/failure';
import { sumByState } from '../status/fleet-tallies';
import type { FactoryTally, StateCounts } from '../status/fleet-tallies';

/** How many connections have failed for one reason. */
export type ReasonCount = Pick<Reason, 'code' | 'step'> & { count: number };

/** Some factories together. */
export interface Summary {
  readonly total: number;
  readonly wanted: number;
  readonly byState: StateCounts;
  /** How many should be connected and are not. */
  readonly inTrouble: number;
  /** When the first of them entered its state; null if there are none. */
  readonly oldestSince: Moment | null;
  /** The reasons of those in trouble, the most frequent first. */
  readonly reasons: ReasonCount[];
}

/** Adds up the counts of these factories, and looks at each connection in trouble, but at no other. */
export function summarize(tallies: readonly FactoryTally[]): Summary {
  let [total, wanted, inTrouble, oldestSince] = [0, 0, 0, null as Moment | null];
  const reasons = new Map<string, ReasonCount>();
  for (const tally of tallies) {
    total += tally.total;
    wanted += tally.wanted;
    inTrouble += tally.inTrouble.size;
    for (const { since, reason } of tally.inTrouble) {
      if (oldestSince === null || since < oldestSince) oldestSince = since;
      if (reason) addReason(reasons, reason);
    }
  }
  const byFrequency = [...reasons.values()].sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
  return { total, wanted, byState: sumByState(tallies), inTrouble, oldestSince, reasons: byFrequency };
}

function addReason(reasons: Map<string, ReasonCount>, { code, step }: Reason): void {
  const key = `${code} ${step}`;
  const known = reasons.get(key);
  if (known) known.count += 1;
  else reasons.set(key, { code, step, count: 1 });
}
