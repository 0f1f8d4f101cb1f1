import { MigrationExecutor } from 'typeorm';
import type { DataSource, Migration } from 'typeorm';
import type { Config } from '../config/config';
import { createDataSource } from './data-source';
import { advisoryLock } from './advisory-locks';
import { refuseSharedSessions } from './shared-sessions';

/**
 * Brings the schema up to date and returns the names of the migrations that ran.
 * Services that start at once take turns: the second finds nothing left to do.
 */
export async function migrate(config: Config): Promise<string[]> {
  return underMigrationLock(config, async (dataSource) => {
    const migrations = await dataSource.runMigrations({ transaction: 'each' });
    return migrations.map(({ name }) => name);
  });
}

/** Undoes the newest migration and returns its name; null when there is none. */
export async function revert(config: Config): Promise<string | null> {
  return underMigrationLock(config, async (dataSource) => {
    const [newest] = await findApplied(dataSource);
    if (!newest) return null;
    await dataSource.undoLastMigration({ transaction: 'each' });
    return newest.name;
  });
}

/** Empties the database: undoes every migration, and runs them again. */
export async function reset(config: Config): Promise<void> {
  await underMigrationLock(config, async (dataSource) => {
    const { length } = await findApplied(dataSource);
    for (let undone = 0; undone < length; undone += 1) await dataSource.undoLastMigration({ transaction: 'each' });
    await dataSource.runMigrations({ transaction: 'each' });
  });
}

/** The newest first; none in a database that was never migrated, which has no table of them either. */
function findApplied(dataSource: DataSource): Promise<Migration[]> {
  return new MigrationExecutor(dataSource).getExecutedMigrations();
}

async function underMigrationLock<Result>(
  config: Config,
  work: (dataSource: DataSource) => Promise<Result>,
): Promise<Result> {
  // Connections of its own, without time-outs: building an index on a large table, or waiting for a service that builds it, is no failure.
  const dataSource = await createDataSource(
    config.with({ DATABASE_STATEMENT_TIMEOUT_MS: 0, DATABASE_POOL_SIZE: 2 }),
  ).initialize();
  const holder = dataSource.createQueryRunner(); // The lock belongs to one connection; ending it gives the lock back.
  try {
    await refuseSharedSessions(holder, dataSource);
    await holder.query('SELECT pg_advisory_lock($1, $2)', advisoryLock('migration'));
    return await work(dataSource);
  } finally {
    await holder.release();
    await dataSource.destroy();
  }
}
