import type { EncodedReading, ReadingKind } from '../reading';
import type { PlannedRow } from './batch-plan';
import { Eras } from './eras';
import type { Era } from './eras';
import type { ScopeSuspect } from './reading-table.sql';

type Scope = 'gateway' | 'sensor';

/** An era as it is stored. */
export interface StoredEra extends Era {
  readonly gatewayId: string;
  readonly kind: ReadingKind;
  readonly scope: Scope;
  /** The ids of the batch that it has already. */
  readonly knownIds: readonly string[];
}

/** An id to be added to the ledger. */
export interface LedgerEntry {
  readonly gatewayId: string;
  readonly kind: ReadingKind;
  readonly era: number;
  readonly scope: Scope;
  readonly id: number;
  /** Null if the time of the record is unknown or implausible. */
  readonly day: string | null;
}

/** The part of the ledger that a batch is about: the eras of its gateways, and what the batch adds to them. */
export class BatchLedger {
  private readonly eras = new Map<string, Eras>();

  constructor(private readonly stored: readonly StoredEra[]) {}

  erasOf(reading: Pick<EncodedReading, 'gatewayId' | 'kind'>): Eras {
    const key = `${reading.gatewayId} ${reading.kind}`;
    const found = this.eras.get(key);
    if (found) return found;
    const eras = new Eras(this.storedOf(reading), this.scopeOf(reading) === 'sensor');
    this.eras.set(key, eras);
    return eras;
  }

  /** The ids of the readings of a batch. */
  entriesOf(planned: readonly PlannedRow[]): LedgerEntry[] {
    return planned.flatMap(({ gatewayId, kind, id, row }) => {
      if (id === null) return [];
      const isDated = row.timeQuality !== 'receipt' && row.timeQuality !== 'implausible';
      const scope = this.scopeOf({ gatewayId, kind });
      return [{ gatewayId, kind, era: row.era, scope, id, day: isDated ? row.day : null }];
    });
  }

  /** New readings whose id another reading of the gateway has too, perhaps one of another sensor. */
  suspectsOf(planned: readonly PlannedRow[]): ScopeSuspect[] {
    const added = planned.filter(({ isNew, id }) => isNew && id !== null);
    const sensors = new Map<string, Set<number>>();
    for (const each of added) {
      const key = idKey(each);
      sensors.set(key, (sensors.get(key) ?? new Set()).add(each.row.sensorNumber));
    }
    return added.filter((each) => {
      if (this.scopeOf(each) === 'sensor') return false;
      return (sensors.get(idKey(each))?.size ?? 0) > 1 || this.isKnown(each);
    });
  }

  private isKnown({ gatewayId, kind, row }: PlannedRow): boolean {
    const era = this.storedOf({ gatewayId, kind }).find((each) => each.era === row.era);
    return era?.knownIds.includes(row.recordId) ?? false;
  }

  private storedOf({ gatewayId, kind }: Pick<EncodedReading, 'gatewayId' | 'kind'>): StoredEra[] {
    return this.stored.filter((each) => each.gatewayId === gatewayId && each.kind === kind);
  }

  private scopeOf(reading: Pick<EncodedReading, 'gatewayId' | 'kind'>): Scope {
    return this.storedOf(reading).some(({ scope }) => scope === 'sensor') ? 'sensor' : 'gateway';
  }
}

function idKey({ gatewayId, kind, row }: PlannedRow): string {
  return `${gatewayId} ${kind} ${row.era} ${row.recordId}`;
}
