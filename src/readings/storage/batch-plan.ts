import { AXES } from '../reading';
import type { Axis, EncodedReading, ReadingKind } from '../reading';
import type { ReadingOwner, StoredReading, StoreOutcome } from './stored-reading';
import { addedAxes, complete } from './completion';
import type { Eras, Placement } from './eras';
import { gatewayIdOf } from './record-id';
import type { ReadingRow } from './reading-row';

/** A record of a batch, with all that its place depends on. */
export interface IncomingRecord {
  readonly position: number;
  readonly reading: EncodedReading;
  readonly owner: ReadingOwner;
  /** The row that it becomes if it is new; its era is decided by the plan. */
  readonly row: ReadingRow;
  /** Stored readings that it may be a copy of. */
  readonly stored: readonly ReadingRow[];
}

/** A row to be written. */
export interface PlannedRow {
  row: ReadingRow;
  readonly kind: ReadingKind;
  readonly gatewayId: string;
  /** The gateway's id of its record. */
  readonly id: number | null;
  readonly isNew: boolean;
  isChanged: boolean;
  /** Blocks that are not stored yet. */
  readonly blocks: Partial<Record<Axis, Buffer>>;
}

/** A record that contradicts its reading. */
export interface Conflict {
  readonly reading: EncodedReading;
  readonly differing: readonly string[];
}

interface Outcome {
  readonly outcome: StoreOutcome;
  readonly opensEra: boolean;
  readonly record: IncomingRecord;
  readonly planned: PlannedRow;
}

/**
 * Decides for the records of a batch, one after the other, which become readings and which complete or contradict one. Records that come
 * twice are found within the batch, too.
 */
export class BatchPlan {
  readonly conflicts: Conflict[] = [];
  /** Every reading that a record of the batch belongs to. */
  readonly rows: PlannedRow[] = [];
  /** The same by kind, sensor and id. */
  private readonly index = new Map<ReadingKind, Map<number, Map<string, PlannedRow[]>>>();
  private readonly outcomes = new Map<number, Outcome>();

  /** @param erasOf the eras of the gateway and kind of a record */
  constructor(
    records: readonly IncomingRecord[],
    private readonly erasOf: (reading: EncodedReading) => Eras,
  ) {
    for (const record of records) this.decide(record);
  }

  /** What became of the record at this position; null if it is not part of the plan. */
  resultOf(position: number): StoredReading | null {
    const result = this.outcomes.get(position);
    if (!result) return null;
    const { outcome, opensEra, record, planned } = result;
    const { kind, gatewayId, serial } = record.reading;
    return { outcome, kind, gatewayId, serial, opensEra, owner: record.owner, row: planned.row };
  }

  private decide(record: IncomingRecord): void {
    const { reading, row } = record;
    const eras = this.erasOf(reading);
    const placed = { origin: reading.origin, id: gatewayIdOf(reading), row };
    const result = this.carryOut(record, eras.place(placed, this.candidatesOf(record)));
    this.outcomes.set(record.position, result);
    eras.note(placed, result.planned.row.era);
  }

  private carryOut(record: IncomingRecord, placement: Placement): Outcome {
    const { reading, row } = record;
    if (placement.type === 'new') {
      const planned = this.add(record, { ...row, era: placement.era }, true);
      addBlocks(planned, reading, AXES);
      return { outcome: 'new', opensEra: placement.opensEra, record, planned };
    }
    const { stored } = placement;
    const planned = this.find(reading.kind, stored) ?? this.add(record, stored, false);
    if (placement.type === 'same') return { outcome: completeWith(planned, record), opensEra: false, record, planned };
    this.conflicts.push({ reading, differing: placement.differing });
    return { outcome: 'conflict', opensEra: false, record, planned };
  }

  /** The stored readings, as they will be after the records before it, and those that the batch adds. */
  private candidatesOf({ reading, row, stored }: IncomingRecord): ReadingRow[] {
    const added = this.plannedOf(reading.kind, row).filter((planned) => planned.isNew && isCopy(planned.row, row));
    return [
      ...stored.map((each) => this.find(reading.kind, each)?.row ?? each),
      ...added.map((planned) => planned.row),
    ];
  }

  private add({ reading }: IncomingRecord, row: ReadingRow, isNew: boolean): PlannedRow {
    const { kind, gatewayId } = reading;
    const planned = { row, kind, gatewayId, id: gatewayIdOf(reading), isNew, isChanged: isNew, blocks: {} };
    this.rows.push(planned);
    this.plannedOf(kind, row).push(planned);
    return planned;
  }

  private find(kind: ReadingKind, row: ReadingRow): PlannedRow | undefined {
    return this.plannedOf(kind, row).find((planned) => planned.row.era === row.era && planned.row.day === row.day);
  }

  /** Those of a sensor and an id; may be added to. */
  private plannedOf(kind: ReadingKind, { sensorNumber, recordId }: ReadingRow): PlannedRow[] {
    let ofKind = this.index.get(kind);
    if (!ofKind) this.index.set(kind, (ofKind = new Map<number, Map<string, PlannedRow[]>>()));
    let ofSensor = ofKind.get(sensorNumber);
    if (!ofSensor) ofKind.set(sensorNumber, (ofSensor = new Map<string, PlannedRow[]>()));
    let found = ofSensor.get(recordId);
    if (!found) ofSensor.set(recordId, (found = []));
    return found;
  }
}

/** Whether a stored reading may be a further copy of a record. Without readable times, days are those of the receipt, and differ. */
export function isCopy(stored: ReadingRow, received: ReadingRow): boolean {
  if (stored.sensorNumber !== received.sensorNumber || stored.recordId !== received.recordId) return false;
  return stored.day === received.day || (stored.timeQuality === 'receipt' && received.timeQuality === 'receipt');
}

function completeWith(planned: PlannedRow, { row, reading }: IncomingRecord): StoreOutcome {
  const completed = complete(planned.row, row);
  if (!completed) return 'unchanged';
  const added = addedAxes(planned.row, row);
  planned.row = completed;
  planned.isChanged = true;
  if (completed.waveform?.waveformState === 'stored') addBlocks(planned, reading, added);
  return 'completed';
}

function addBlocks({ blocks }: PlannedRow, { axes }: EncodedReading, added: readonly Axis[]): void {
  for (const axis of added) {
    const block = axes[axis]?.block;
    if (block) blocks[axis] = block;
  }
}
