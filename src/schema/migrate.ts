import { MigrationExecutor } from 'typeorm';
import type { DataSource, EntityManager, Migration } from 'typeorm';
import type { Config } from '../config/config';
import { createDataSource } from './data-source';
import { advisoryLock } from '../database/advisory-locks';
import { refuseEarlierVersion } from './earlier-version';
import { createRuntimeRole, grantRuntimePrivileges } from './runtime-role';
import { refuseSharedSessions } from '../database/shared-sessions';

/**
 * Brings the schema up to date and returns the names of the migrations that ran. Connects with DATABASE_MIGRATION_URL if that is set.
 * Services that start at the same time take turns: the second finds no pending migrations.
 * @throws EarlierVersionError if the database must be adopted first
 */
export async function migrate(config: Config): Promise<string[]> {
  return underMigrationLock(config, async (dataSource) => {
    if ((await findApplied(dataSource)).length === 0) await refuseEarlierVersion(dataSource);
    const migrations = await dataSource.runMigrations({ transaction: 'each' });
    await dataSource.transaction((manager) => grantRuntimePrivileges(config, manager));
    return migrations.map(({ name }) => name);
  });
}

/** Creates the role of the service as `createRuntimeRole` does, and returns its name. */
export function makeRuntimeRole(config: Config): Promise<string> {
  return underMigrationLock(config, (dataSource) => createRuntimeRole(config, dataSource));
}

/** Undoes the newest migration and returns its name; null if there is none. */
export async function revert(config: Config): Promise<string | null> {
  return underMigrationLock(config, async (dataSource) => {
    const [newest] = await findApplied(dataSource);
    if (!newest) return null;
    await dataSource.undoLastMigration({ transaction: 'each' });
    return newest.name;
  });
}

/**
 * Empties the database: undoes every migration, and runs them again.
 * @throws EarlierVersionError if the database must be adopted first
 */
export async function reset(config: Config): Promise<void> {
  await underMigrationLock(config, async (dataSource) => {
    const { length } = await findApplied(dataSource);
    if (length === 0) await refuseEarlierVersion(dataSource);
    for (let undone = 0; undone < length; undone += 1) await dataSource.undoLastMigration({ transaction: 'each' });
    await dataSource.runMigrations({ transaction: 'each' });
    await dataSource.transaction((manager) => grantRuntimePrivileges(config, manager));
  });
}

/** A transaction in which migrations can run together with other statements. */
export interface MigrationTransaction {
  readonly manager: EntityManager;
  /** The migrations that have run, the newest first. */
  findApplied(): Promise<Migration[]>;
  /** Runs the pending migrations and returns their names. */
  runMigrations(): Promise<string[]>;
}

/** Runs `work` in one transaction, under the migration lock. @param commits false: roll back at the end */
export async function inMigrationTransaction<Result>(
  config: Config,
  { commits }: { commits: boolean },
  work: (transaction: MigrationTransaction) => Promise<Result>,
): Promise<Result> {
  return underMigrationLock(config, async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'none'; // Migrations run in the transaction of `runner`.
    await runner.startTransaction();
    try {
      const result = await work({
        manager: runner.manager,
        findApplied: () => executor.getExecutedMigrations(),
        runMigrations: async () => (await executor.executePendingMigrations()).map(({ name }) => name),
      });
      if (commits) await grantRuntimePrivileges(config, runner.manager);
      await (commits ? runner.commitTransaction() : runner.rollbackTransaction());
      return result;
    } catch (error) {
      await runner.rollbackTransaction().catch(() => undefined); // Fails if the connection is lost, which also rolls back.
      throw error;
    } finally {
      await runner.release();
    }
  });
}

/** The migrations that have run, newest first. Empty for a database that was never migrated and has no migrations table. */
function findApplied(dataSource: DataSource): Promise<Migration[]> {
  return new MigrationExecutor(dataSource).getExecutedMigrations();
}

async function underMigrationLock<Result>(
  config: Config,
  work: (dataSource: DataSource) => Promise<Result>,
): Promise<Result> {
  // Separate connections without time-outs: building an index on a large table, or waiting for a service that does so, can take long.
  const dataSource = await createDataSource(
    config.forMigrations.with({ DATABASE_STATEMENT_TIMEOUT_MS: 0, DATABASE_POOL_SIZE: 2 }),
  ).initialize();
  const holder = dataSource.createQueryRunner(); // The lock belongs to this connection and is released when it ends.
  try {
    await refuseSharedSessions(holder, dataSource);
    await holder.query('SELECT pg_advisory_lock($1, $2)', advisoryLock('migration'));
    return await work(dataSource);
  } finally {
    await holder.release();
    await dataSource.destroy();
  }
}
