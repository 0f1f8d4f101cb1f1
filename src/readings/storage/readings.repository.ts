import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager, EntityTarget } from 'typeorm';
import { groupBy } from '../../common/group-by';
import { advisoryLock } from '../../database/advisory-locks';
import { FIND_OWNED_SQL } from '../../ownership/fence.sql';
import { Ownership } from '../../ownership/ownership';
import { READING_KINDS } from '../reading';
import type { EncodedReading, ReadingKind } from '../reading';
import type { StoredReading } from './stored-reading';
import { plainArray } from './array-parameter';
import { BatchPlan, isCopy } from './batch-plan';
import type { IncomingRecord } from './batch-plan';
import { ADD_SENSORS_SQL, FIND_ERAS_SQL, FIND_SENSORS_SQL, LOCK_AND_DRAW_SQL, READ_TIMES_SQL } from './batch.sql';
import { BatchContext } from './batch-context';
import type { FoundSensor, FoundTime } from './batch-context';
import { writesOf } from './batch-writes.sql';
import type { Tables } from './batch-writes.sql';
import { BatteryReading } from './battery-reading.entity';
import { toRecordToKeep } from './conflict-record';
import { possibleDays, toDatedRecord, toRow } from './incoming';
import type { DatedRecord, RecordContext } from './incoming';
import { KeptRecordsRepository } from './kept-records.repository';
import { BatchLedger, erasParameters } from './batch-ledger';
import type { StoredEra } from './batch-ledger';
import { PartitionKeeper } from './partition-keeper';
import type { Reading } from './reading.entity';
import type { Figures, ReadingRow } from './reading-row';
import { ReadingTable } from './reading-table.sql';
import type { Lookup, Sql } from './reading-table.sql';
import { SampleRates } from './sample-rates';
import { TemperatureReading } from './temperature-reading.entity';
import { velocitiesOf } from './velocities';
import { VibrationReading } from './vibration-reading.entity';

const ENTITIES: Readonly<Record<ReadingKind, EntityTarget<Reading>>> = {
  vibration: VibrationReading,
  temperature: TemperatureReading,
  battery: BatteryReading,
};

/** PostgreSQL's error code for a row that fits in no partition. */
const NO_PARTITION = '23514';

/** A record whose stored readings are still to be found. */
interface OpenRecord extends IncomingRecord {
  readonly stored: ReadingRow[];
  /** Where to look for them. */
  readonly days: readonly string[];
}

/** Stores readings. See `BatchPlan` for what becomes of a record that comes again. */
@Injectable()
export class ReadingsRepository {
  private readonly tables: Tables;
  /** Null if this process has every gateway. */
  private readonly shared: Ownership | null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly partitions: PartitionKeeper,
    private readonly keptRecords: KeptRecordsRepository,
    private readonly rates: SampleRates,
    @Optional() @Inject(Ownership) ownership: Ownership | null = null,
  ) {
    this.shared = ownership?.isShared ? ownership : null;
    this.tables = new Map(READING_KINDS.map((kind) => [kind, tableOf(dataSource, ENTITIES[kind])]));
  }

  /**
   * Stores a batch in one transaction, with a number of statements that does not depend on its size. Writers take turns: they hold a lock
   * until they commit, so that a second one decides on what the first has stored, and positions in the feed become visible in their order.
   *
   * Records of one gateway must be in the order in which they were received. Those of a gateway that this process has owned, and that
   * another replica owns now, are not stored.
   * @returns what became of each record, in the order of the batch
   */
  async store(batch: readonly EncodedReading[]): Promise<StoredReading[]> {
    if (batch.length === 0) return [];
    const records = batch.map(toDatedRecord);
    try {
      return await this.storeOnce(records);
    } catch (error) {
      if (codeOf(error) !== NO_PARTITION) throw error;
      this.partitions.forget(); // The retention has dropped it meanwhile.
      return this.storeOnce(records);
    }
  }

  private async storeOnce(records: readonly DatedRecord[]): Promise<StoredReading[]> {
    await this.partitions.ensure(records.map(({ day }) => day));
    return this.dataSource.transaction((manager) => this.storeIn(manager, records));
  }

  private async storeIn(manager: EntityManager, batch: readonly DatedRecord[]): Promise<StoredReading[]> {
    const firstNumber = await this.lockAndDraw(manager, batch.length);
    const records = await this.withoutStale(manager, batch);
    if (records.length === 0) return batch.map(orphaned);
    const context = await this.readContext(manager, records, firstNumber);
    const ledger = await this.readLedger(manager, records);
    const incoming = await this.readStored(manager, await toIncomingRecords(records, context), ledger);
    const plan = new BatchPlan(incoming, (reading) => ledger.erasOf(reading));

    for (const write of writesOf(plan.rows, ledger, this.tables)) await run(manager, write);
    await this.keptRecords.store(plan.conflicts.map(toRecordToKeep), manager);
    return batch.map((record) => plan.resultOf(record.position) ?? orphaned(record));
  }

  /** Waits for the lock. @returns the number of the first record */
  private async lockAndDraw(manager: EntityManager, records: number): Promise<number> {
    const drawing = [...advisoryLock('readings'), records];
    const [{ first }] = await manager.query<[{ first: number }]>(LOCK_AND_DRAW_SQL, drawing);
    return first;
  }

  /**
   * Drops the records of gateways that this process owns no longer. Asked while it has the lock, so that nothing of this process is stored
   * after what the next owner has stored. What an earlier process has left in the spool is kept: it was received by the owner of that time.
   */
  private async withoutStale(manager: EntityManager, records: readonly DatedRecord[]): Promise<readonly DatedRecord[]> {
    const { shared } = this;
    if (!shared) return records;
    const ids = [...new Set(records.map(({ reading }) => reading.gatewayId))];
    const epochs = new Map(ids.map((id) => [id, shared.latestEpochOf(id)]));
    const fenced = ids.filter((id) => epochs.get(id) !== null);
    const columns = [shared.self.id, fenced, fenced.map((id) => epochs.get(id))];
    const owned = new Set((await manager.query<{ id: string }[]>(FIND_OWNED_SQL, columns)).map(({ id }) => id));
    const current = records.filter(
      ({ reading: { gatewayId } }) => epochs.get(gatewayId) === null || owned.has(gatewayId),
    );
    shared.refused.add('reading', records.length - current.length);
    return current;
  }

  /** Sensors that nobody has named before are added. */
  private async readContext(
    manager: EntityManager,
    records: readonly DatedRecord[],
    first: number,
  ): Promise<BatchContext> {
    const sensors = await this.readSensors(manager, records);
    this.rates.learn(sensors);
    const context = new BatchContext(sensors, first);
    const times = context.timesOf(records);
    if (times.length > 0) {
      const columns = [
        times.map(({ zone }) => zone),
        times.map(({ local }) => local),
        times.map(({ offset }) => offset),
      ];
      context.learnTimes(times, await manager.query<FoundTime[]>(READ_TIMES_SQL, columns));
    }
    return context;
  }

  private async readSensors(manager: EntityManager, records: readonly DatedRecord[]): Promise<FoundSensor[]> {
    const byGateway = groupBy(records, ({ reading }) => reading.gatewayId);
    const wanted = [...byGateway].flatMap(([gatewayId, ofGateway]) =>
      Array.from(new Set(ofGateway.map(({ reading }) => reading.serial)), (serial) => ({ gatewayId, serial })),
    );
    const columns = [
      plainArray(wanted.map(({ gatewayId }) => gatewayId)),
      plainArray(wanted.map(({ serial }) => serial)),
    ];
    const found = await manager.query<FoundSensor[]>(FIND_SENSORS_SQL, columns);
    if (found.every(({ sensorNumber }) => sensorNumber !== null)) return found;
    await manager.query(ADD_SENSORS_SQL, columns);
    return manager.query<FoundSensor[]>(FIND_SENSORS_SQL, columns);
  }

  private async readLedger(manager: EntityManager, records: readonly DatedRecord[]): Promise<BatchLedger> {
    return new BatchLedger(await manager.query<StoredEra[]>(FIND_ERAS_SQL, erasParameters(records)));
  }

  /** The records, each with the stored readings that it may be a copy of. */
  private async readStored(
    manager: EntityManager,
    incoming: readonly OpenRecord[],
    ledger: BatchLedger,
  ): Promise<readonly IncomingRecord[]> {
    for (const [kind, table] of this.tables) {
      const ofKind = incoming.filter(({ reading }) => reading.kind === kind);
      const lookups = ofKind.flatMap((each) => lookupsOf(each, ledger));
      if (lookups.length === 0) continue;
      const byPosition = new Map(ofKind.map((each) => [each.position, each]));
      for (const raw of await run<{ position: number }[]>(manager, table.find(lookups))) {
        const [each, row] = [byPosition.get(raw.position), table.parse({ ...raw })];
        if (each && isCopy(row, each.row)) each.stored.push(row);
      }
    }
    return incoming;
  }
}

function tableOf(dataSource: DataSource, entity: EntityTarget<Reading>): ReadingTable {
  const { tableName, columns } = dataSource.getMetadata(entity);
  return new ReadingTable(
    tableName,
    columns.map(({ propertyName, databaseName, type }) => ({
      property: propertyName,
      name: databaseName,
      type: String(type),
    })),
  );
}

/** The records whose gateway is in the database, with their velocities. */
async function toIncomingRecords(records: readonly DatedRecord[], context: BatchContext): Promise<OpenRecord[]> {
  const known = records.map((record) => ({ record, context: context.of(record) }));
  const velocities = await velocitiesOf(known);
  return known.flatMap((each) => toIncoming(each.record, each.context, velocities.get(each.record.position)));
}

function toIncoming(record: DatedRecord, context: RecordContext | null, velocities?: Figures): OpenRecord[] {
  if (!context) return [];
  const { position, reading } = record;
  const row = toRow(record, context, velocities);
  return [{ position, reading, owner: context.owner, row, stored: [], days: possibleDays(record) }];
}

function lookupsOf({ position, reading, row, days }: OpenRecord, ledger: BatchLedger): Lookup[] {
  const { sensorNumber, recordId } = row;
  return ledger
    .erasThatMayHave(reading)
    .flatMap((era) => days.map((day) => ({ position, sensorNumber, era, recordId, day })));
}

function orphaned({ reading: { kind, gatewayId, serial } }: DatedRecord): StoredReading {
  return { outcome: 'orphaned', kind, gatewayId, serial, opensEra: false, owner: null, row: null };
}

function run<Result>(manager: EntityManager, { text, values }: Sql): Promise<Result> {
  return manager.query<Result>(text, [...values]);
}

function codeOf(error: unknown): string | undefined {
  return (error as { driverError?: { code?: string } }).driverError?.code;
}
