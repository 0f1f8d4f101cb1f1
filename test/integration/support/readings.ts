import { encodeReading } from '../../../src/readings/storage/codec/encode-reading';
import { SampleRates } from '../../../src/readings/storage/sample-rates';
import { KeptRecord } from '../../../src/readings/storage/kept-record.entity';
import { KeptRecordsRepository } from '../../../src/readings/storage/kept-records.repository';
import { PartitionKeeper } from '../../../src/readings/storage/partition-keeper';
import { PartitionsRepository } from '../../../src/readings/storage/partitions.repository';
import { ReadingsRepository } from '../../../src/readings/storage/readings.repository';
import type { StoredReading } from '../../../src/readings/storage/stored-reading';
import type { EncodedReading, NewReading } from '../../../src/readings/reading';
import { silentLogger } from '../../unit-support/silent-logger';
import type { Store } from './store';

/** A record of a gateway; by default a temperature. */
export function aRecord(gatewayId: string, changes: Partial<NewReading> = {}): NewReading {
  return {
    kind: 'temperature',
    gatewayId,
    serial: 30000033,
    recordId: 41,
    timeText: '2026-05-21 14:07',
    axes: {},
    reported: {},
    value: changes.kind === 'vibration' ? null : 23,
    extra: null,
    origin: 'live',
    receivedAt: new Date('2026-05-21T12:07:30Z'),
    ...changes,
  };
}

/** A sine with four decimals. */
export function aWave(amplitude = 1, length = 256): Float64Array {
  return Float64Array.from({ length }, (_, index) => Number((amplitude * Math.sin(index / 5)).toFixed(4)));
}

/** The repositories of readings on the database of a store. */
export class ReadingsStore {
  readonly keptRecords: KeptRecordsRepository;
  readonly partitionsRepository: PartitionsRepository;
  readonly partitions: PartitionKeeper;
  readonly readings: ReadingsRepository;

  constructor({ dataSource }: Pick<Store, 'dataSource'>) {
    this.keptRecords = new KeptRecordsRepository(dataSource.getRepository(KeptRecord));
    this.partitionsRepository = new PartitionsRepository(dataSource);
    this.partitions = new PartitionKeeper(this.partitionsRepository, silentLogger());
    this.readings = new ReadingsRepository(dataSource, this.partitions, this.keptRecords, new SampleRates());
  }

  /** Encodes and stores records in one batch. */
  async store(...records: readonly NewReading[]): Promise<StoredReading[]> {
    return this.readings.store(await encodeAll(records));
  }

  /** The outcomes of records that are stored in one batch. */
  async outcomesOf(...records: readonly NewReading[]): Promise<string[]> {
    return (await this.store(...records)).map(({ outcome }) => outcome);
  }
}

export function encodeAll(records: readonly NewReading[]): Promise<EncodedReading[]> {
  return Promise.all(records.map((record) => encodeReading(record)));
}
