import { reaches } from '../common/actor';
import type { Reach } from '../common/actor';
import type { ConnectionRecord } from './connection-record';
import { STATUS_STATES } from './connection-state';
import type { StatusState } from './connection-state';

/** How many connections are in each state. */
export type StateCounts = Record<StatusState, number>;

/** The connections of one factory, counted. */
export interface FactoryTally {
  readonly factoryId: string;
  readonly organizationId: string;
  readonly total: number;
  /** How many should be connected. */
  readonly wanted: number;
  readonly byState: Readonly<StateCounts>;
  /** Those that should be connected and are not. */
  readonly inTrouble: ReadonlySet<ConnectionRecord>;
}

/** Which factories are counted. Undefined filters keep all. */
export interface TallyFilter {
  readonly organizationId?: string | undefined;
  readonly factoryId?: string | undefined;
}

type WritableTally = { -readonly [Field in keyof FactoryTally]: FactoryTally[Field] } & {
  readonly byState: StateCounts;
  readonly inTrouble: Set<ConnectionRecord>;
};

/** As what a connection is counted at present. */
interface Counted {
  readonly tally: WritableTally;
  readonly state: StatusState;
  readonly isWanted: boolean;
}

/** Counts connections by factory and state with each change, so that a summary costs as much as there are factories, not gateways. */
export class FleetTallies {
  private readonly byFactory = new Map<string, WritableTally>();
  private readonly counted = new Map<ConnectionRecord, Counted>();

  /** Counts a connection as it is now. Call it after each change of its state or its gateway. */
  count(record: ConnectionRecord): void {
    this.forget(record);
    const { gateway, state } = record;
    const tally = this.tallyOf(gateway);
    const isWanted = gateway.desiredState === 'connected';
    tally.total += 1;
    tally.byState[state] += 1;
    if (isWanted) tally.wanted += 1;
    if (isWanted && state !== 'connected') tally.inTrouble.add(record);
    this.counted.set(record, { tally, state, isWanted });
  }

  forget(record: ConnectionRecord): void {
    const counted = this.counted.get(record);
    if (!counted) return;
    this.counted.delete(record);
    const { tally, state, isWanted } = counted;
    tally.total -= 1;
    tally.byState[state] -= 1;
    if (isWanted) tally.wanted -= 1;
    tally.inTrouble.delete(record);
    if (tally.total === 0) this.byFactory.delete(tally.factoryId);
  }

  /** The tallies of the factories within reach that have a gateway. */
  within(reach: Reach, { organizationId, factoryId }: TallyFilter = {}): FactoryTally[] {
    const one = factoryId === undefined ? null : this.byFactory.get(factoryId);
    const tallies = one === null ? [...this.byFactory.values()] : one ? [one] : [];
    return tallies.filter(
      (tally) =>
        reaches(reach, tally.organizationId) && (organizationId ?? tally.organizationId) === tally.organizationId,
    );
  }

  private tallyOf({ factoryId, organizationId }: ConnectionRecord['gateway']): WritableTally {
    const known = this.byFactory.get(factoryId);
    if (known) return known;
    const tally = { factoryId, organizationId, total: 0, wanted: 0, byState: noCounts(), inTrouble: new Set<never>() };
    this.byFactory.set(factoryId, tally);
    return tally;
  }
}

/** How many connections of these factories are in each state. */
export function sumByState(tallies: readonly FactoryTally[]): StateCounts {
  const sum = noCounts();
  for (const { byState } of tallies) for (const state of STATUS_STATES) sum[state] += byState[state];
  return sum;
}

function noCounts(): StateCounts {
  return Object.fromEntries(STATUS_STATES.map((state) => [state, 0])) as StateCounts;
}
