import 'reflect-metadata';
import { commandActor } from '../common/actor';
import { loadConfig } from '../config/config';
import type { Config } from '../config/config';
import { createCipher } from '../crypto/crypto.module';
import { withDataSource } from '../schema/data-source';
import { makeRuntimeRole, migrate, reset, revert } from '../schema/migrate';
import { seed } from '../schema/seed';
import { print, printProblem, runCommand, UsageError } from './run-command';
import { withDatabaseUrl } from './with-database-url';

const commands: Record<string, (config: Config) => Promise<string>> = {
  migrate: async (config) => {
    const names = await migrate(config);
    return names.length === 0 ? 'The schema is up to date.' : `Ran ${names.join(', ')}.`;
  },
  revert: async (config) => {
    const name = await revert(config);
    return name === null ? 'There is no migration to revert.' : `Reverted ${name}.`;
  },
  seed: async (config) => {
    await migrate(config);
    await withDataSource(config, createCipher(config, printProblem), (dataSource) =>
      seed(commandActor('db:seed'), dataSource),
    );
    return 'The database has one organization, three factories and six gateways. Start the gateways with: npm run simulate -- --count 6';
  },
  roles: async (config) => {
    if (config.env.DATABASE_MIGRATION_URL === undefined) {
      throw new UsageError(
        'Set DATABASE_MIGRATION_URL to the login that owns the tables, and DATABASE_URL to that of the service',
      );
    }
    const role = await makeRuntimeRole(config);
    await migrate(config);
    return `The role ${role} can read and write rows, and change nothing else.`;
  },
  reset: async (config) => {
    if (config.isProduction) throw new UsageError('db:reset deletes everything and does not run in production');
    await reset(config);
    return 'The database is empty.';
  },
};

runCommand(async () => {
  const command = commands[process.argv[2] ?? ''];
  if (!command) throw new UsageError(`Specify one of: ${Object.keys(commands).join(', ')}`);
  print(await withDatabaseUrl(loadConfig(), command));
  return 0;
});
