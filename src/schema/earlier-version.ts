import type { DataSource, EntityManager } from 'typeorm';

/** The tables in which v1.0 of the earlier implementation stored its data, parents first. */
export const EARLIER_TABLES = ['organizations', 'factories', 'gateways'] as const;

/** The database has the tables of the earlier implementation, which conflict with the migrations. */
export class EarlierVersionError extends Error {
  override readonly name = 'EarlierVersionError';

  constructor() {
    super(
      'The database has the tables of an earlier version (organizations, factories, gateways): run "npm run db:adopt" to take it over.',
    );
  }
}

/** @throws EarlierVersionError if the tables exist. Call it only for a database in which no migration has run. */
export async function refuseEarlierVersion(dataSource: DataSource): Promise<void> {
  if ((await findMissingTables(dataSource)).length === 0) throw new EarlierVersionError();
}

/** The names of the earlier version's tables that do not exist in the current schema. */
export async function findMissingTables(database: Pick<EntityManager, 'query'>): Promise<string[]> {
  const found = await database.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class
     WHERE relkind = 'r' AND relname = ANY ($1)
       AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`,
    [EARLIER_TABLES],
  );
  return EARLIER_TABLES.filter((table) => !found.some(({ name }) => name === table));
}
