import { PinoLogger } from 'nestjs-pino';
import { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { parseConfig } from '../../src/config/config';
import { CredentialCipher } from '../../src/crypto/credential-cipher';
import type { NewReading } from '../../src/readings/reading';
import { encodeReading } from '../../src/readings/storage/codec/encode-reading';
import { KeptRecord } from '../../src/readings/storage/kept-record.entity';
import { KeptRecordsRepository } from '../../src/readings/storage/kept-records.repository';
import { PartitionKeeper } from '../../src/readings/storage/partition-keeper';
import { PartitionsRepository } from '../../src/readings/storage/partitions.repository';
import { ReadingsRepository } from '../../src/readings/storage/readings.repository';
import { SampleRates } from '../../src/readings/storage/sample-rates';
import { readingIdOf } from '../../src/readings/storage/stored-reading';
import type { StoredReading } from '../../src/readings/storage/stored-reading';
import { withDataSource } from '../../src/schema/data-source';
import type { Bench } from '../bench';
import { BenchDatabase } from '../support/bench-database';
import { BenchProcess } from '../support/bench-process';
import { LoadSender } from '../support/load-sender';
import { apiOf, startProduct } from '../support/product';
import type { Round } from '../support/rounds';
import { SAMPLE_RATE_HZ, temperatureRecords, vibrationRecords } from './records';

const READINGS = 20;
const BATCH = 500;

/** What there is to read. */
export interface Stored {
  readonly readingIds: readonly string[];
  readonly sensorId: string;
}

/** Both programs on one database with readings of a sensor, and the process that sends them requests. */
export class AnalysisStage {
  private constructor(
    readonly loads: LoadSender,
    readonly stored: Stored,
    readonly urls: Round<string>,
  ) {}

  static async start(bench: Bench): Promise<AnalysisStage> {
    const { dir, cleanUp } = bench;
    const database = await BenchDatabase.start(bench);
    const { gatewayIds } = await database.fill(['ws://127.0.0.1:9'], 'disconnected');
    const stored = await store(database, gatewayIds[0] ?? '');
    const product = startProduct(bench, database, { WAVEFORM_FULL_DAYS: '730' }); // Otherwise it thins them meanwhile.
    const args = { databaseUrl: database.url };
    const baseline = cleanUp.keep(new BenchProcess('bench/baselines/bare-analysis.js', { dir, args }));
    const generator = cleanUp.keep(new BenchProcess('bench/support/load-generator.js', { dir }));
    const urls = { product: (await apiOf(product)).url, baseline: await baseline.listens() };
    return new AnalysisStage(new LoadSender(generator), stored, urls);
  }
}

/** Stores readings as the service does, and the same waveforms as float32 in a plain table for the bare program. */
async function store(database: BenchDatabase, gatewayId: string): Promise<Stored> {
  const vibration = vibrationRecords(gatewayId, READINGS);
  const config = parseConfig({ DATABASE_URL: database.url });
  const readings = await withDataSource(config, new CredentialCipher(database.key), async (dataSource) => {
    const readingsTable = readingsOf(dataSource);
    const add = async (records: readonly NewReading[]): Promise<StoredReading[]> =>
      readingsTable.store(await Promise.all(records.map((record) => encodeReading(record))));
    const temperatures = temperatureRecords(gatewayId);
    for (let first = 0; first < temperatures.length; first += BATCH)
      await add(temperatures.slice(first, first + BATCH));
    return add(vibration);
  });
  const readingIds = readings.map(({ row }) => (row ? readingIdOf(row) : ''));
  const pool = new Pool({ connectionString: database.url, max: 1 });
  await pool.query(`UPDATE vibration_readings SET sample_rate_hz = $1, rate_source = 'sensor'`, [SAMPLE_RATE_HZ]);
  await pool.query(
    `CREATE TABLE bare_waveforms (id text PRIMARY KEY, sample_rate_hz real,
       x bytea STORAGE EXTERNAL, y bytea STORAGE EXTERNAL, z bytea STORAGE EXTERNAL)`,
  );
  for (const [index, { axes }] of vibration.entries()) await pool.query(...bareRow(readingIds[index] ?? '', axes));
  await pool.query('VACUUM ANALYZE');
  await pool.end();
  return { readingIds, sensorId: readings[0]?.owner?.sensorId ?? '' };
}

function readingsOf(dataSource: DataSource): ReadingsRepository {
  const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
  const partitions = new PartitionKeeper(new PartitionsRepository(dataSource), logger);
  const keptRecords = new KeptRecordsRepository(dataSource.getRepository(KeptRecord));
  return new ReadingsRepository(dataSource, partitions, keptRecords, new SampleRates());
}

function bareRow(id: string, { x, y, z }: NewReading['axes']): [string, unknown[]] {
  const float32 = (samples: Float64Array | undefined) => Buffer.from(new Float32Array(samples ?? []).buffer);
  return ['INSERT INTO bare_waveforms VALUES ($1, $2, $3, $4, $5)', [id, SAMPLE_RATE_HZ, ...[x, y, z].map(float32)]];
}
