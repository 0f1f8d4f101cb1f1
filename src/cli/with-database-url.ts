import { withEmbeddedDatabase } from '../app/embedded-database';
import type { Config } from '../config/config';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres';

/** Runs `work` with the configured database, or else with the embedded one, which is started if it is not running. */
export async function withDatabaseUrl<Result>(
  config: Config,
  work: (config: Config) => Promise<Result>,
): Promise<Result> {
  if (config.env.DATABASE_URL !== undefined) return work(config);

  const embedded = await startEmbeddedPostgres({ dataDir: config.env.DATA_DIR });
  try {
    return await work(await withEmbeddedDatabase(config, embedded));
  } finally {
    await embedded.stop();
  }
}
