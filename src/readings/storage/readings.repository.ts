import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager, EntityTarget } from 'typeorm';
import { advisoryLock } from '../../database/advisory-locks';
import { READING_KINDS } from '../reading';
import type { EncodedReading, ReadingKind } from '../reading';
import type { StoredReading } from './stored-reading';
import { BatchPlan, isCopy } from './batch-plan';
import type { IncomingRecord } from './batch-plan';
import { ADD_SENSORS_SQL, BATCH_CONTEXT_SQL, FIND_ERAS_SQL } from './batch.sql';
import { writesOf } from './batch-writes.sql';
import type { Tables } from './batch-writes.sql';
import { BatteryReading } from './battery-reading.entity';
import { toRecordToKeep } from './conflict-record';
import { possibleDays, toDatedRecord, toRow } from './incoming';
import type { DatedRecord, RecordContext } from './incoming';
import { KeptRecordsRepository } from './kept-records.repository';
import { BatchLedger } from './batch-ledger';
import type { StoredEra } from './batch-ledger';
import { PartitionKeeper } from './partition-keeper';
import type { Reading } from './reading.entity';
import type { Figures, ReadingRow } from './reading-row';
import { ReadingTable } from './reading-table.sql';
import type { Lookup, Sql } from './reading-table.sql';
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

  constructor(
    private readonly dataSource: DataSource,
    private readonly partitions: PartitionKeeper,
    private readonly keptRecords: KeptRecordsRepository,
  ) {
    this.tables = new Map(READING_KINDS.map((kind) => [kind, tableOf(dataSource, ENTITIES[kind])]));
  }

  /**
   * Stores a batch in one transaction, with a number of statements that does not depend on its size. Writers take turns: they hold a lock
   * until they commit, so that a second one decides on what the first has stored, and positions in the feed become visible in their order.
   *
   * Records of one gateway must be in the order in which they were received.
   * @returns what became of each record, in the order of the batch
   */
  async store(batch: readonly EncodedReading[]): Promise<StoredReading[]> {
    if (batch.length === 0) return [];
    const records = batch.map(toDatedRecord);
    await this.partitions.ensure(records.map(({ day }) => day));
    try {
      return await this.dataSource.transaction((manager) => this.storeIn(manager, records));
    } catch (error) {
      if (codeOf(error) === NO_PARTITION) this.partitions.forget(); // It was dropped meanwhile. The next try makes it.
      throw error;
    }
  }

  private async storeIn(manager: EntityManager, records: readonly DatedRecord[]): Promise<StoredReading[]> {
    await manager.query('SELECT pg_advisory_xact_lock($1, $2)', advisoryLock('readings'));
    const contexts = await this.readContexts(manager, records);
    const ledger = await this.readLedger(manager, records);
    const velocities = await velocitiesOf(records, contexts);
    const open = records.flatMap((record) => {
      return toIncoming(record, contexts.get(record.position), velocities.get(record.position));
    });
    const incoming = await this.readStored(manager, open, ledger);
    const plan = new BatchPlan(incoming, (reading) => ledger.erasOf(reading));

    for (const write of writesOf(plan.rows, ledger, this.tables)) await run(manager, write);
    await this.keptRecords.store(plan.conflicts.map(toRecordToKeep), manager);
    return records.map((record) => plan.resultOf(record.position) ?? orphaned(record));
  }

  /** What the database says about each record, by its position. Sensors that nobody has named before are added. */
  private async readContexts(
    manager: EntityManager,
    records: readonly DatedRecord[],
  ): Promise<ReadonlyMap<number, RecordContext>> {
    const read = () => manager.query<RecordContext[]>(BATCH_CONTEXT_SQL, contextParameters(records));
    let contexts = await read();
    if (contexts.some(({ sensorNumber }) => sensorNumber === null)) {
      const [gateways, serials] = [records.map(gatewayOf), records.map(({ reading }) => reading.serial)];
      await manager.query(ADD_SENSORS_SQL, [gateways, serials]);
      contexts = await read();
    }
    return new Map(contexts.map((context) => [context.position, context]));
  }

  private async readLedger(manager: EntityManager, records: readonly DatedRecord[]): Promise<BatchLedger> {
    const eras = await manager.query<StoredEra[]>(FIND_ERAS_SQL, [
      records.map(gatewayOf),
      records.map(({ reading }) => reading.kind),
      records.map(({ recordId }) => recordId),
    ]);
    return new BatchLedger(eras);
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

function contextParameters(records: readonly DatedRecord[]): unknown[] {
  return [
    records.map(({ position }) => position),
    records.map(gatewayOf),
    records.map(({ reading }) => reading.serial),
    records.map(({ time }) => time?.local ?? null),
    records.map(({ time }) => time?.offset ?? null),
    records.map(({ reading }) => reading.receivedAt.toISOString()),
    records.map(({ reading }) => reading.origin !== 'history'),
  ];
}

/** Nothing if the gateway of the record is not in the database. */
function toIncoming(record: DatedRecord, context?: RecordContext, velocities?: Figures): OpenRecord[] {
  if (!context) return [];
  const { organizationId, factoryId, sensorId, sensorNumber } = context;
  if (sensorId === null || sensorNumber === null) return [];
  const owner = { organizationId, factoryId, sensorId, sensorNumber };
  const { position, reading } = record;
  const row = toRow(record, owner, context, velocities);
  return [{ position, reading, owner, row, stored: [], days: possibleDays(record) }];
}

function lookupsOf({ position, reading, row, days }: OpenRecord, ledger: BatchLedger): Lookup[] {
  const { sensorNumber, recordId } = row;
  return ledger
    .erasOf(reading)
    .numbers.flatMap((era) => days.map((day) => ({ position, sensorNumber, era, recordId, day })));
}

function orphaned({ reading: { kind, gatewayId, serial } }: DatedRecord): StoredReading {
  return { outcome: 'orphaned', kind, gatewayId, serial, opensEra: false, owner: null, row: null };
}

function gatewayOf({ reading }: DatedRecord): string {
  return reading.gatewayId;
}

function run<Result>(manager: EntityManager, { text, values }: Sql): Promise<Result> {
  return manager.query<Result>(text, [...values]);
}

function codeOf(error: unknown): string | undefined {
  return (error as { driverError?: { code?: string } }).driverError?.code;
}
