import type { Actor } from '../common/actor';
import type { Config } from '../config/config';
import type { CredentialCipher } from '../crypto/credential-cipher';
import { openEarlierFormat } from '../crypto/earlier-format';
import { EARLIER_TABLES, findMissingTables } from '../schema/earlier-version';
import { inMigrationTransaction } from '../schema/migrate';
import type { MigrationTransaction } from '../schema/migrate';
import { PASSWORD_PURPOSE, passwordBinding } from '../gateways/gateway.entity';
import { AdoptionRefusedError } from './adoption.errors';
import { AdoptionRepository } from './adoption.repository';
import type { Cascade, RowCount } from './adoption.repository';
import { findSharedLogins, rowProblems } from './earlier-rows';
import type { EarlierGateway } from './earlier-rows';
import { EARLIER_COLUMNS, schemaProblems } from './earlier-schema';

export interface AdoptionOptions {
  /** Roll everything back at the end. */
  readonly isDryRun: boolean;
  /** Keep passwords that no key opens; their gateways report `credentials_unreadable`. */
  readonly keepUnreadable: boolean;
}

/** Result of an adoption. */
export interface Adoption {
  readonly isDryRun: boolean;
  readonly rows: readonly RowCount[];
  /** New columns by table. */
  readonly addedColumns: ReadonlyMap<string, readonly string[]>;
  /** Objects that were dropped besides the tables and their indexes, constraints and triggers. */
  readonly dropped: readonly string[];
  /** Names of the migrations that ran. */
  readonly migrations: readonly string[];
  readonly sealedPasswords: number;
  readonly keyId: string;
  readonly deletedWithParents: Cascade;
  /** Gateways whose password no key opens. */
  readonly unreadable: readonly string[];
  /** Gateways that share URL and e-mail with another gateway of their organization. */
  readonly sharedLogins: readonly string[];
}

/**
 * Takes over a database of v1.0 of the earlier implementation: converts it to the current schema, and seals its passwords with the
 * current key. Runs in one transaction, under the migration lock.
 * @returns null if the database already has the schema of this service
 * @throws AdoptionRefusedError naming the problems; nothing is changed then
 */
export function adopt(
  actor: Actor,
  config: Config,
  cipher: CredentialCipher,
  options: AdoptionOptions,
): Promise<Adoption | null> {
  return inMigrationTransaction(config, { commits: !options.isDryRun }, async (transaction) => {
    const applied = await transaction.findApplied();
    if (applied.length > 0) return null;

    const repository = new AdoptionRepository(transaction.manager);
    await refuseOtherSchemas(transaction, repository);
    await repository.copyRows();
    const deletedWithParents = await repository.deleteWithParents();
    refuse(await repository.findMisfits());

    const rows = await repository.findRows();
    const passwords = openPasswords(rows.gateways, config);
    const unreadable = rows.gateways.map(({ id }) => id).filter((id) => !passwords.has(id));
    refuse([...rowProblems(rows, passwords), ...(options.keepUnreadable ? [] : unreadable.map(unreadableProblem))]);

    const dropped = await repository.dropEarlierSchema();
    const migrations = await transaction.runMigrations();
    await repository.insertRows(sealPasswords(rows.gateways, passwords, cipher));
    await repository.recordRows(actor);
    return {
      isDryRun: options.isDryRun,
      rows: await repository.countRows(),
      addedColumns: await findAddedColumns(repository),
      dropped,
      migrations,
      sealedPasswords: passwords.size,
      keyId: cipher.keyId,
      deletedWithParents,
      unreadable,
      sharedLogins: findSharedLogins(rows),
    };
  });
}

/** @throws AdoptionRefusedError */
async function refuseOtherSchemas(transaction: MigrationTransaction, repository: AdoptionRepository): Promise<void> {
  const missing = await findMissingTables(transaction.manager);
  if (missing.length === EARLIER_TABLES.length) {
    throw new AdoptionRefusedError(['it has none of the tables of v1.0; npm run db:migrate creates a new schema']);
  }
  refuse(missing.map((table) => `table ${table}: is missing; expected the one of v1.0`));
  await repository.lockTables();
  const foreign = await repository.findForeignObjects();
  refuse([
    ...schemaProblems(await repository.findColumns()),
    ...foreign.map((object) => `${object}: is not part of v1.0; drop it, or move it to another schema`),
  ]);
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new AdoptionRefusedError(problems);
}

/** Passwords by gateway id, without those that no key opens. */
function openPasswords(gateways: readonly EarlierGateway[], { env }: Config): Map<string, string> {
  const keys = [...(env.ENCRYPTION_KEY ? [env.ENCRYPTION_KEY] : []), ...env.ENCRYPTION_PREVIOUS_KEYS];
  return new Map(
    gateways.flatMap(({ id, sealed }) => {
      const password = openEarlierFormat(sealed, keys);
      return password === null ? [] : [[id, password]];
    }),
  );
}

/** The sealed texts to store, by gateway id. A password that cannot be opened is kept as it is, and the service cannot read it. */
function sealPasswords(
  gateways: readonly EarlierGateway[],
  passwords: ReadonlyMap<string, string>,
  cipher: CredentialCipher,
): Map<string, string> {
  return new Map(
    gateways.map(({ id, url, sealed }) => {
      const password = passwords.get(id);
      return [id, password === undefined ? sealed : cipher.seal(password, PASSWORD_PURPOSE, passwordBinding(id, url))];
    }),
  );
}

function unreadableProblem(id: string): string {
  return (
    `gateway ${id}: password_encrypted: no key decrypts it; set ENCRYPTION_KEY or ENCRYPTION_PREVIOUS_KEYS to the key it was encrypted with, ` +
    'or use --keep-unreadable'
  );
}

async function findAddedColumns(repository: AdoptionRepository): Promise<Map<string, string[]>> {
  const columns = await repository.findColumns();
  return new Map(
    EARLIER_TABLES.map((table) => {
      const earlier = EARLIER_COLUMNS[table].map(({ name }) => name);
      const current = columns.filter((column) => column.table === table).map(({ name }) => name);
      return [table, current.filter((name) => !earlier.includes(name))];
    }),
  );
}
