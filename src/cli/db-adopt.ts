import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { adopt } from '../adoption/adopt';
import type { AdoptionOptions } from '../adoption/adopt';
import { describeAdoption } from '../adoption/adoption-report';
import { commandActor } from '../common/actor';
import { loadConfig } from '../config/config';
import { createCipher } from '../crypto/crypto.module';
import { print, printProblem, runCommand, UsageError } from './run-command';

const USAGE = `Takes over a database that v1.0 of the earlier, Kysely-based implementation created.

  npm run db:adopt -- [options]

  --dry-run           do everything, print the report, and roll back
  --keep-unreadable   take over passwords that no key decrypts; their gateways report credentials_unreadable
  --help              this text

DATABASE_URL names the database. ENCRYPTION_KEY encrypts the passwords; the key that they are encrypted with now must
be this one or one of ENCRYPTION_PREVIOUS_KEYS. Exit codes: 0 taken over, or nothing to do; 1 refused, with nothing changed;
2 wrong usage.`;

runCommand(async () => {
  const options = parseOptions(process.argv.slice(2));
  if (!options) {
    print(USAGE);
    return 0;
  }
  const config = loadConfig();
  if (config.env.DATABASE_URL === undefined) throw new UsageError('Set DATABASE_URL to the database to take over');
  const adoption = await adopt(commandActor('db:adopt'), config, createCipher(config, printProblem), options);
  print(
    adoption
      ? describeAdoption(adoption)
      : 'The database has the schema of this service already: there is nothing to take over.',
  );
  return 0;
});

/** Null if help is requested. @throws UsageError */
function parseOptions(args: string[]): AdoptionOptions | null {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({ args, options: { 'dry-run': flag, 'keep-unreadable': flag, help: flag } });
    return values.help ? null : { isDryRun: values['dry-run'], keepUnreadable: values['keep-unreadable'] };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'Unknown option'}\n\n${USAGE}`);
  }
}
