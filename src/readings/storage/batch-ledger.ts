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
  /** By kind and gateway. */
  private readonly known = new Map<ReadingKind, Map<string, Known>>();

  constructor(private readonly stored: readonly StoredEra[]) {}

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
    return this.numberedByEra(planned).flatMap((ofEra) => {
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
    return this.numberedByEra(planned.filter(({ isNew }) => isNew)).flatMap((ofEra) => this.suspectsIn(ofEra));
  }

  private suspectsIn(ofEra: readonly PlannedRow[]): PlannedRow[] {
    const [first] = ofEra;
    if (!first) return [];
    const { scope, idsByEra } = this.knownOf(first);
    if (scope === 'sensor') return [];
    const known = new Set(idsByEra.get(first.row.era));
    const sensors = new Map<string, number>();
    for (const { row } of ofEra) {
      const { recordId, sensorNumber } = row;
      if ((sensors.get(recordId) ?? sensorNumber) !== sensorNumber) known.add(recordId);
      sensors.set(recordId, sensorNumber);
    }
    return ofEra.filter(({ row }) => known.has(row.recordId));
  }

  /** Those with an id, by gateway, kind and era. */
  private numberedByEra(planned: readonly PlannedRow[]): PlannedRow[][] {
    const numbered = planned.filter(({ id }) => id !== null);
    const byNumbering = groupBy(numbered, (each) => this.knownOf(each));
    return [...byNumbering.values()].flatMap((group) => [...groupBy(group, ({ row }) => row.era).values()]);
  }

  private knownOf({ gatewayId, kind }: Numbering): Known {
    let ofKind = this.known.get(kind);
    if (!ofKind) this.known.set(kind, (ofKind = new Map<string, Known>()));
    let known = ofKind.get(gatewayId);
    if (!known) ofKind.set(gatewayId, (known = this.read({ gatewayId, kind })));
    return known;
  }

  private read({ gatewayId, kind }: Numbering): Known {
    const stored = this.stored.filter((each) => each.gatewayId === gatewayId && each.kind === kind);
    const scope = stored.some(({ scope }) => scope === 'sensor') ? 'sensor' : 'gateway';
    const idsByEra = new Map(stored.map(({ era, knownIds }) => [era, new Set(knownIds)]));
    return { scope, idsByEra, eras: new Eras(stored, scope === 'sensor') };
  }
}

/** Parameters of `FIND_ERAS_SQL`. */
export function erasParameters(records: readonly DatedRecord[]): unknown[] {
  const byKind = [...groupBy(records, ({ reading }) => reading.kind).values()];
  const groups = byKind.flatMap((ofKind) => [...groupBy(ofKind, ({ reading }) => reading.gatewayId).values()]);
  const readings = groups.flatMap(([first]) => first?.reading ?? []);
  return [
    readings.map(({ gatewayId }) => gatewayId),
    readings.map(({ kind }) => kind),
    groups.map((records) => toMultirange(records.flatMap(({ id }) => id ?? []))),
  ];
}
