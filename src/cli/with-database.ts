import type { DataSource } from 'typeorm';
import type { Config } from '../config/config';
import { createCipher } from '../crypto/crypto.module';
import { openDataSource } from '../database/data-source';
import { printProblem } from './run-command';
import { startEmbeddedPostgres } from '../database/embedded/embedded-postgres';

/** Runs a piece of work with the configured database; the embedded one is started for it when it is not running. */
export async function withDatabaseUrl<Result>(
  config: Config,
  work: (config: Config) => Promise<Result>,
): Promise<Result> {
  if (config.env.DATABASE_URL !== undefined) return work(config);

  const embedded = await startEmbeddedPostgres({ dataDir: config.env.DATA_DIR });
  try {
    return await work(config.with({ DATABASE_URL: embedded.url }));
  } finally {
    await embedded.stop();
  }
}

/** Opens the database with its cipher, and closes it when the work is done. */
export async function withDataSource<Result>(
  config: Config,
  work: (dataSource: DataSource) => Promise<Result>,
): Promise<Result> {
  const dataSource = await openDataSource(config, createCipher(config, printProblem));
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
