import { escapeIdentifier, escapeLiteral } from 'pg';
import type { EntityManager } from 'typeorm';
import type { Config } from '../config/config';

type Queryable = Pick<EntityManager, 'query'>;

const DATA = 'DELETE, INSERT, SELECT, UPDATE';
/** Tables in which the service may do less than elsewhere. */
const RESTRICTED: Readonly<Record<string, string>> = {
  audit_log: 'INSERT, SELECT',
  migrations: 'SELECT',
};

/** Functions that not everybody may execute, and the service must. */
const FUNCTIONS = [
  'drop_reading_partition(text, date)',
  'expire_audit_log(integer)',
  'make_kept_partition(date)',
  'make_reading_partitions(date[])',
];

/** Sequences from which the service draws by itself. Those of identity columns need no privilege. */
const SEQUENCES = ['reading_numbers'];

/** The role that DATABASE_URL names cannot be used for the service beside the one of DATABASE_MIGRATION_URL. */
export class RuntimeRoleError extends Error {
  override readonly name = 'RuntimeRoleError';
}

/**
 * Creates the role of DATABASE_URL, which may only read and write rows; or sets its password, if it exists.
 * @param database a connection as the role of DATABASE_MIGRATION_URL, which must be allowed to create roles and own the database, or be
 * a superuser
 * @returns the name of the role
 * @throws RuntimeRoleError if the two roles are not distinct, or the role exists and is a superuser
 */
export async function createRuntimeRole(
  { runtimeRole, databaseAddress }: Config,
  database: Queryable,
): Promise<string> {
  if (runtimeRole === null)
    throw new RuntimeRoleError('DATABASE_URL and DATABASE_MIGRATION_URL must name different users');
  const [found] = await database.query<{ is_superuser: boolean }[]>(
    'SELECT rolsuper AS is_superuser FROM pg_roles WHERE rolname = $1',
    [runtimeRole],
  );
  if (found?.is_superuser) throw new RuntimeRoleError(`The role "${runtimeRole}" of DATABASE_URL is a superuser`);
  const { password } = databaseAddress;
  const role = escapeIdentifier(runtimeRole);
  const login = `LOGIN${password === null ? '' : ` PASSWORD ${escapeLiteral(password)}`}`;
  await database.query(`${found ? 'ALTER' : 'CREATE'} ROLE ${role} ${login}`);
  await allowConnections(database, role);
  return runtimeRole;
}

async function allowConnections(database: Queryable, role: string): Promise<void> {
  const [{ db, schema }] = await database.query<[{ db: string; schema: string }]>(
    'SELECT quote_ident(current_database()) AS db, quote_ident(current_schema()) AS schema',
  );
  await database.query(`GRANT CONNECT ON DATABASE ${db} TO ${role}`);
  await database.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
  await database.query(`REVOKE CREATE ON SCHEMA ${schema} FROM PUBLIC`); // Everybody has it up to PostgreSQL 14.
}

/**
 * Gives the role of DATABASE_URL exactly the privileges that the service needs, if it is not the role that owns the tables. Runs after
 * each migration, so that new tables are covered too. Call it in a transaction, so that nobody sees a half of the changes.
 * @throws RuntimeRoleError if the role does not exist
 */
export async function grantRuntimePrivileges({ runtimeRole: name }: Config, manager: EntityManager): Promise<void> {
  if (name === null) return;
  const tables = ['migrations', ...manager.dataSource.entityMetadatas.map(({ tableName }) => tableName)];
  const role = escapeIdentifier(name);
  for (const { table, privileges } of await findPrivileges(manager, name, tables)) {
    const needed = RESTRICTED[table] ?? DATA;
    if (privileges === needed) continue;
    await manager.query(`REVOKE ALL ON ${escapeIdentifier(table)} FROM ${role}`);
    await manager.query(`GRANT ${needed} ON ${escapeIdentifier(table)} TO ${role}`);
  }
  for (const each of await findSequences(manager)) await manager.query(`GRANT USAGE ON SEQUENCE ${each} TO ${role}`);
  for (const each of await findFunctions(manager)) await manager.query(`GRANT EXECUTE ON FUNCTION ${each} TO ${role}`);
}

/** The privileges that the role itself has on each table, in alphabetical order. */
async function findPrivileges(
  database: Queryable,
  role: string,
  tables: readonly string[],
): Promise<{ table: string; privileges: string }[]> {
  const found = await database.query<{ table: string; privileges: string }[]>(
    `SELECT c.relname AS table, COALESCE(
       (SELECT string_agg(privilege_type, ', ' ORDER BY privilege_type) FROM aclexplode(c.relacl) WHERE grantee = r.oid), '') AS privileges
     FROM pg_class c, pg_roles r
     WHERE r.rolname = $1 AND c.relname = ANY ($2)
       AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`,
    [role, tables],
  );
  if (found.length > 0) return found;
  throw new RuntimeRoleError(`The role "${role}" of DATABASE_URL does not exist: create it with "npm run db:roles"`);
}

async function findFunctions(database: Queryable): Promise<string[]> {
  const found = await database.query<{ name: string }[]>(
    'SELECT to_regprocedure(name)::text AS name FROM unnest($1::text[]) AS name WHERE to_regprocedure(name) IS NOT NULL',
    [FUNCTIONS],
  );
  return found.map(({ name }) => name);
}

async function findSequences(database: Queryable): Promise<string[]> {
  const found = await database.query<{ name: string }[]>(
    'SELECT to_regclass(name)::text AS name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL',
    [SEQUENCES],
  );
  return found.map(({ name }) => name);
}
