import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { parseConfig } from '../../src/config/config';
import { migrate } from '../../src/schema/migrate';

/** Makes those that each service would make at its first start, which takes longer than most tests. */
export const MAKE_PARTITIONS = `SELECT make_reading_partitions(ARRAY(
  SELECT (date_trunc('month', now()) + n * interval '1 month')::date FROM generate_series(0, 2) n))`;

/** For tests that need other partitions than those, or none. */
export const DROP_PARTITIONS = `DO $$ DECLARE partition regclass; BEGIN
  FOR partition IN SELECT oid FROM pg_class WHERE relispartition AND relkind = 'r' LOOP
    EXECUTE 'DROP TABLE ' || partition;
  END LOOP;
END $$`;

/** The database of one suite. */
export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  drop(): Promise<void>;
}

/** Creates a database with the schema: a copy of the migrated template, which takes a few dozen milliseconds. */
export function createDatabase(): Promise<TestDatabase> {
  return create(requireVariable('TEST_TEMPLATE'));
}

/** Creates an empty database. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return create('template0');
}

/** Runs one statement on a connection of its own, beside the service. @returns its rows */
export async function queryDatabase({ url }: Pick<TestDatabase, 'url'>, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Creates the template that `createDatabase` copies. Returns its name. */
export async function makeTemplate(serverUrl: string): Promise<string> {
  const name = randomName();
  await run(serverUrl, `CREATE DATABASE ${escapeIdentifier(name)}`);
  const url = urlOf(serverUrl, name);
  await migrate(parseConfig({ DATABASE_URL: url }));
  await run(url, MAKE_PARTITIONS);
  return name;
}

export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await run(serverUrl, `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
}

async function create(template: string): Promise<TestDatabase> {
  const serverUrl = requireVariable('TEST_SERVER_URL');
  const name = randomName();
  await run(
    serverUrl,
    `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(template)} STRATEGY file_copy`,
  );
  return { name, url: urlOf(serverUrl, name), drop: () => dropDatabase(serverUrl, name) };
}

async function run(url: string, sql: string): Promise<void> {
  try {
    await withClient(url, (client) => client.query(sql));
  } catch (error) {
    throw new Error(`the PostgreSQL of the tests did not carry out: ${sql}`, { cause: error });
  }
}

/** Runs `work` on a connection of its own. */
export async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

function randomName(): string {
  return `gateway_hub_test_${randomBytes(6).toString('hex')}`;
}

function requireVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: the global set-up has not run`);
  return value;
}
