import { groupBy } from '../../common/group-by';
import type { EncodedReading, ReadingKind } from '../reading';
import type { PlannedRow } from './batch-plan';
import { Eras } from './eras';
import type { Era } from './eras';
import type { DatedRecord } from './incoming';
import { toMultirange } from './multirange';
import type { ScopeSuspect } from './reading-table.sql';
import { gatewayIdOf } from './record-id';

type Scope = 'gateway' | 'sensor';

/** An era as it is stored. */
export interface StoredEra extends Era {
  readonly gatewayId: string;
  readonly kind: ReadingKind;
  readonly scope: Scope;
  /** The ids of the batch that it has already. */
  readonly knownIds: readonly string[];
}

/** Ids to be added to an era. */
export interface LedgerEntry {
  readonly gatewayId: string;
  readonly kind: ReadingKind;
  readonly era: number;
  readonly scope: Scope;
  /** As PostgreSQL reads an `int8multirange`. */
  readonly ids: string;
  /** That of the record with the highest id; null if its time is unknown or implausible. */
  readonly lastDay: string | null;
}

/** What numbers records: a gateway, for each kind. */
type Numbering = Pick<EncodedReading, 'gatewayId' | 'kind'>;

/** The stored eras of a numbering, each with the ids of the batch that it has. */
interface Known {
  readonly scope: Scope;
  readonly idsByEra: ReadonlyMap<number, ReadonlySet<string>>;
  readonly eras: Eras;
}

/** The part of the ledger that a batch is about: the eras of its gateways, and what the batch adds to them. */
export class BatchLedger {
  private readonly stored: ReadonlyMap<string, readonly StoredEra[]>;
  private readonly known = new Map<string, Known>();

  constructor(stored: readonly StoredEra[]) {
    this.stored = groupBy(stored, keyOf);
  }

  erasOf(reading: Numbering): Eras {
    return this.knownOf(reading).eras;
  }

  /**
   * The eras in which a record may be stored already. The ledger is written in the transaction that stores a reading, and never forgets an
   * id, so an era that does not know the id has no reading with it.
   */
  erasThatMayHave(reading: EncodedReading): number[] {
    const { idsByEra, eras } = this.knownOf(reading);
    const id = gatewayIdOf(reading);
    if (id === null) return eras.numbers;
    return eras.numbers.filter((era) => idsByEra.get(era)?.has(String(id)));
  }

  /** The ids of the readings of a batch, by era. */
  entriesOf(planned: readonly PlannedRow[]): LedgerEntry[] {
    const numbered = planned.filter(({ id }) => id !== null);
    return [...groupBy(numbered, (each) => `${keyOf(each)} ${each.row.era}`).values()].flatMap((ofEra) => {
      const last = ofEra.reduce((one, other) => ((other.id ?? 0) > (one.id ?? 0) ? other : one));
      const { gatewayId, kind, row } = last;
      const isDated = row.timeQuality !== 'receipt' && row.timeQuality !== 'implausible';
      const ids = toMultirange(ofEra.map(({ id }) => id ?? NaN));
      return [
        { gatewayId, kind, era: row.era, scope: this.knownOf(last).scope, ids, lastDay: isDated ? row.day : null },
      ];
    });
  }

  /** New readings whose id another reading of the gateway has too, perhaps one of another sensor. */
  suspectsOf(planned: readonly PlannedRow[]): ScopeSuspect[] {
    const added = planned.filter(({ isNew, id }) => isNew && id !== null);
    const sensors = new Map<string, Set<number>>();
    for (const each of added) {
      const key = idKey(each);
      const found = sensors.get(key);
      if (found) found.add(each.row.sensorNumber);
      else sensors.set(key, new Set([each.row.sensorNumber]));
    }
    return added.filter((each) => {
      const { scope, idsByEra } = this.knownOf(each);
      if (scope === 'sensor') return false;
      const isKnown = idsByEra.get(each.row.era)?.has(each.row.recordId) ?? false;
      return isKnown || (sensors.get(idKey(each))?.size ?? 0) > 1;
    });
  }

  private knownOf(numbering: Numbering): Known {
    const key = keyOf(numbering);
    const found = this.known.get(key);
    if (found) return found;
    const stored = this.stored.get(key) ?? [];
    const scope = stored.some(({ scope }) => scope === 'sensor') ? 'sensor' : 'gateway';
    const idsByEra = new Map(stored.map(({ era, knownIds }) => [era, new Set(knownIds)]));
    const known: Known = { scope, idsByEra, eras: new Eras(stored, scope === 'sensor') };
    this.known.set(key, known);
    return known;
  }
}

/** Parameters of `FIND_ERAS_SQL`. */
export function erasParameters(records: readonly DatedRecord[]): unknown[] {
  const groups = [...groupBy(records, ({ reading }) => keyOf(reading)).values()];
  const readings = groups.flatMap(([first]) => first?.reading ?? []);
  return [
    readings.map(({ gatewayId }) => gatewayId),
    readings.map(({ kind }) => kind),
    groups.map((records) => toMultirange(records.flatMap(({ id }) => id ?? []))),
  ];
}

function keyOf({ gatewayId, kind }: Numbering): string {
  return `${gatewayId} ${kind}`;
}

function idKey({ gatewayId, kind, row }: PlannedRow): string {
  return `${gatewayId} ${kind} ${row.era} ${row.recordId}`;
}
