import { AdoptionRefusedError } from '../../src/adoption/adoption.errors';
import { adopt } from '../../src/adoption/adopt';
import type { AdoptionOptions } from '../../src/adoption/adopt';
import { describeAdoption } from '../../src/adoption/adoption-report';
import { commandActor, EVERYWHERE } from '../../src/common/actor';
import { createCipher } from '../../src/crypto/crypto.module';
import { CredentialCipher, CredentialsUnreadableError } from '../../src/crypto/credential-cipher';
import { PASSWORD_PURPOSE, passwordBinding } from '../../src/gateways/gateway.entity';
import { migrate, reset } from '../../src/schema/migrate';
import { createDatabase, createEmptyDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { createEarlierDatabase, EARLIER, EARLIER_PASSWORDS, sealEarlier } from '../support/earlier-database';
import { queryOnce, readCatalog } from './support/catalog';
import { outcomeOf, SideConnection } from './support/side-connection';
import { aKey, configOf, Store } from './support/store';

const SENTENCE =
  'The database has the tables of an earlier version (organizations, factories, gateways): run "npm run db:adopt" to take it over.';

const key = aKey();
const keyText = key.toString('base64');

let database: TestDatabase;

afterEach(() => database.drop());

function run(options: Partial<AdoptionOptions> = {}, variables: Record<string, string> = { ENCRYPTION_KEY: keyText }) {
  const config = configOf(database, variables);
  const cipher = createCipher(config, () => undefined);
  return adopt(commandActor('db:adopt'), config, cipher, { isDryRun: false, keepUnreadable: false, ...options });
}

async function report(options: Partial<AdoptionOptions> = {}): Promise<string> {
  const adoption = await run(options);
  if (!adoption) throw new Error('there was nothing to adopt');
  return describeAdoption(adoption);
}

async function refusal(options: Partial<AdoptionOptions> = {}): Promise<string> {
  const outcome = await outcomeOf(run(options));
  return outcome instanceof AdoptionRefusedError ? outcome.message : 'it was not refused';
}

/** Everything that is stored: the schema, and each row with where it lies and which transaction wrote it. */
async function dump(): Promise<unknown> {
  const tables = await queryOnce<{ name: string }>(
    database,
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname`,
  );
  const rows: unknown[] = [];
  for (const { name } of tables) {
    rows.push(name, await queryOnce(database, `SELECT ctid, xmin, t::text FROM "${name}" AS t ORDER BY ctid`));
  }
  return [await readCatalog(database), rows];
}

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const store = await Store.on(database, { cipher: new CredentialCipher(key) });
  await work(store).finally(() => store.close());
}

async function passwords(store: Store): Promise<Record<string, string>> {
  const targets = await store.gateways.findActive(EVERYWHERE);
  return Object.fromEntries(targets.map(({ gateway, password }) => [gateway.id, password.reveal()]));
}

const select = (columns: string, table: string) =>
  queryOnce(database, `SELECT ${columns}::text FROM ${table} AS t ORDER BY id`);

const KEPT = {
  organizations: '(id, name, metadata, created_at, updated_at, deleted_at)',
  factories: '(id, organization_id, name, location, timezone, metadata, created_at, updated_at, deleted_at)',
  gateways: `(id, factory_id, gateway_id, name, url, email, model, firmware_version, last_seen_at, metadata, created_at,
    updated_at)`,
};

const rowsOf = () => Promise.all(Object.entries(KEPT).map(([table, columns]) => select(columns, table)));

describe('the adoption of a database of v1.0', () => {
  beforeEach(async () => {
    database = await createEarlierDatabase(key);
  });

  it('makes the schema that the migrations make on an empty database, and keeps every row to the microsecond', async () => {
    const before = await rowsOf();
    await run();

    expect(await rowsOf()).toEqual(before);
    const adopted = await readCatalog(database);
    const recorded = await queryOnce(database, 'SELECT timestamp, name FROM migrations ORDER BY id');
    const fresh = await createDatabase();
    expect(adopted).toEqual(await readCatalog(fresh));
    expect(recorded).toEqual(await queryOnce(fresh, 'SELECT timestamp, name FROM migrations ORDER BY id'));
    await fresh.drop();
    expect(await migrate(configOf(database))).toEqual([]);
  });

  it('gives every gateway the organization of its factory', async () => {
    await run();

    const organizations = await queryOnce(database, 'SELECT organization_id FROM gateways');
    expect(organizations).toEqual(Array(4).fill({ organization_id: EARLIER.organization }));
  });

  it('SEC-21: records every living row as created by the command', async () => {
    await run();

    const living = ['organizations', 'factories', 'gateways'].map(
      (table) => `SELECT id FROM ${table} WHERE deleted_at IS NULL`,
    );
    const recorded = await queryOnce<{ id: string; actor: string; changes: object }>(
      database,
      `SELECT object_id AS id, actor_id AS actor, changes FROM audit_log WHERE action LIKE '%.create' ORDER BY object_id`,
    );
    const ids = await queryOnce<{ id: string }>(database, `${living.join(' UNION ALL ')} ORDER BY id`);
    expect(recorded.map(({ id }) => id)).toEqual(ids.map(({ id }) => id));
    expect(recorded.every(({ actor }) => actor === 'db:adopt')).toBe(true);
    for (const password of Object.values(EARLIER_PASSWORDS)) expect(JSON.stringify(recorded)).not.toContain(password);
  });

  it('CRYPTO-01: re-encrypts the passwords of all gateways, and deletes those of deleted factories', async () => {
    await run();

    await withStore(async (store) => {
      expect(await passwords(store)).toEqual({
        [EARLIER.gateway]: EARLIER_PASSWORDS[EARLIER.gateway],
        [EARLIER.neighbour]: EARLIER_PASSWORDS[EARLIER.neighbour],
      });
      const deleted = await store.rowOf('gateways', EARLIER.deletedGateway);
      const cipher = new CredentialCipher(key);
      const binding = passwordBinding(EARLIER.deletedGateway, String(deleted['url']));
      const opened = cipher.open(String(deleted['password_encrypted']), PASSWORD_PURPOSE, binding);
      expect(opened).toBe('of a deleted gateway');
      const [orphan, factory] = [
        await store.rowOf('gateways', EARLIER.orphan),
        await store.rowOf('factories', EARLIER.deletedFactory),
      ];
      expect(orphan['deleted_at']).toEqual(factory['deleted_at']);
    });
  });

  it('reports what it did, without secrets, and finds nothing to do the second time', async () => {
    const text = await report();

    expect(text).toContain('organizations: 1 not deleted, 0 deleted');
    expect(text).toContain('factories: 2 not deleted, 1 deleted');
    expect(text).toMatch(/gateways: 2 not deleted, 2 deleted; new columns: .*desired_state/);
    expect(text).toContain('Dropped: table pgmigrations, function update_updated_at_column()');
    expect(text).toContain(`Passwords re-encrypted with key ${new CredentialCipher(key).keyId}: 4.`);
    expect(text).toContain(`gateway ${EARLIER.orphan}: deleted, because its factory is deleted`);
    for (const secret of [...Object.values(EARLIER_PASSWORDS), keyText]) expect(text).not.toContain(secret);
    expect(await run()).toBeNull();
  });

  it('changes nothing in a dry run, whose report is that of the adoption', async () => {
    const before = await dump();
    const planned = await report({ isDryRun: true });

    expect(await dump()).toEqual(before);
    const done = await report();
    expect(planned.split('\n')[0]).toContain('nothing was changed');
    expect(planned.split('\n').slice(1)).toEqual(done.split('\n').slice(1));
  });

  it('runs once: the second of two concurrent adoptions finds nothing to do', async () => {
    const adoptions = await Promise.all([run(), run()]);

    expect(adoptions.filter((adoption) => adoption === null)).toHaveLength(1);
  });

  it('DB-02: is suggested by a start and a reset, which change nothing', async () => {
    const before = await dump();

    await expect(migrate(configOf(database))).rejects.toThrow(SENTENCE);
    await expect(reset(configOf(database))).rejects.toThrow(SENTENCE);

    expect(await dump()).toEqual(before);
  });

  it('accepts other types, names and bookkeeping, keys in ENCRYPTION_PREVIOUS_KEYS, and the traces of a failed start', async () => {
    await queryOnce(
      database,
      `ALTER TABLE gateways ALTER password_encrypted TYPE jsonb USING password_encrypted::jsonb, ALTER name TYPE text;
       ALTER TABLE organizations RENAME CONSTRAINT organizations_pkey TO pk_organizations;
       DROP INDEX gateways_gateway_id_unique_idx;
       DROP TABLE pgmigrations;
       CREATE TABLE kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255) NOT NULL);
       CREATE TABLE kysely_migration_lock (id varchar(255) PRIMARY KEY, is_locked integer NOT NULL DEFAULT 0);
       CREATE TABLE migrations (id serial PRIMARY KEY, timestamp bigint NOT NULL, name varchar NOT NULL)`,
    );

    const next = aKey();
    await run({}, { ENCRYPTION_KEY: next.toString('base64'), ENCRYPTION_PREVIOUS_KEYS: keyText });

    const fresh = await createDatabase();
    expect(await readCatalog(database)).toEqual(await readCatalog(fresh));
    await fresh.drop();
    const store = await Store.on(database, { cipher: new CredentialCipher(next) });
    expect(await passwords(store)).toMatchObject({ [EARLIER.gateway]: 'correct horse' });
    await store.close();
  });

  it.each([
    [
      'rows that the API would refuse, and passwords that no key opens',
      `UPDATE gateways SET password_encrypted = '${sealEarlier('secret', aKey())}' WHERE id = '${EARLIER.neighbour}';
       UPDATE gateways SET password_encrypted = 'hunter2' WHERE id = '${EARLIER.deletedGateway}';
       UPDATE gateways SET url = 'http://10.0.0.7' WHERE id = '${EARLIER.gateway}';
       UPDATE factories SET timezone = 'Mars/Olympus' WHERE id = '${EARLIER.factory}';
       UPDATE organizations SET metadata = '[]'`,
      [
        `gateway ${EARLIER.neighbour}: password_encrypted: no key decrypts it`,
        `gateway ${EARLIER.deletedGateway}: password_encrypted: no key decrypts it`,
        `gateway ${EARLIER.gateway}: url: must be a ws:// or wss:// URL`,
        `factory ${EARLIER.factory}: timezone: must be UTC or the IANA name`,
        `organization ${EARLIER.organization}: metadata: `,
      ],
    ],
    [
      'rows that do not fit the schema',
      `ALTER TABLE gateways ALTER name TYPE text, ALTER metadata DROP NOT NULL, DROP CONSTRAINT gateways_factory_id_fkey;
       DROP INDEX gateways_gateway_id_unique_idx;
       UPDATE gateways SET name = repeat('x', 256) WHERE id = '${EARLIER.deletedGateway}';
       UPDATE gateways SET metadata = NULL WHERE id = '${EARLIER.gateway}';
       UPDATE gateways SET gateway_id = 'GW-SPR-001' WHERE id = '${EARLIER.neighbour}';
       UPDATE gateways SET factory_id = '${EARLIER.organization}' WHERE id = '${EARLIER.orphan}'`,
      [
        `gateway ${EARLIER.deletedGateway}: name: expected at most 255 characters`,
        `gateway ${EARLIER.gateway}: metadata: is null; expected a value`,
        `gateway ${EARLIER.gateway}: gateway_id: another gateway that is not deleted has the same`,
        `gateway ${EARLIER.neighbour}: gateway_id: another gateway that is not deleted has the same`,
        `gateway ${EARLIER.orphan}: factory_id: expected the id of one of the factories`,
      ],
    ],
    [
      'another schema',
      `ALTER TABLE gateways DROP model, ADD serial text, ALTER last_seen_at TYPE timestamp, DROP CONSTRAINT gateways_pkey;
       CREATE TABLE sensors (id serial);
       CREATE VIEW living AS SELECT id FROM gateways;
       CREATE SEQUENCE numbers;
       CREATE TYPE mood AS ENUM ('good');
       CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$`,
      [
        'gateways.model: is missing; expected text or character varying',
        'gateways.serial: is not a column of v1.0',
        'gateways.last_seen_at: is timestamp without time zone; expected timestamp with time zone',
        'gateways.id: is not the primary key; expected it to be',
        'table sensors: is not part of v1.0',
        'view living: is not part of v1.0',
        'sequence numbers: is not part of v1.0',
        'type mood: is not part of v1.0',
        'function one(): is not part of v1.0',
      ],
    ],
    ['a schema without one of the tables', 'DROP TABLE gateways', ['table gateways: is missing']],
    [
      'objects of another schema that depend on a table',
      'CREATE SCHEMA reports; CREATE VIEW reports.living AS SELECT id FROM gateways',
      ['view reports.living depends on table gateways'],
    ],
  ])('refuses %s, names each, and leaves the database untouched', async (_, spoil, problems) => {
    await queryOnce(database, spoil);
    const before = await dump();

    const message = await refusal();

    expect(message).toContain('The database was not changed');
    for (const problem of problems) expect(message).toContain(problem);
    expect(message.split('\n')).toHaveLength(problems.length + 1);
    for (const secret of [...Object.values(EARLIER_PASSWORDS), 'hunter2', keyText])
      expect(message).not.toContain(secret);
    expect(await dump()).toEqual(before);
  });

  it('CRYPTO-04: keeps an unreadable password on request, and reports it; other gateways work', async () => {
    const sealed = sealEarlier('secret', aKey());
    await queryOnce(database, 'UPDATE gateways SET password_encrypted = $1 WHERE id = $2', [sealed, EARLIER.gateway]);

    const text = await report({ keepUnreadable: true });

    expect(text).toMatch(/Passwords re-encrypted with key \w+: 3\./);
    expect(text).toContain(`gateway ${EARLIER.gateway}: its password is kept unreadable`);
    await withStore(async (store) => {
      const targets = new Map(
        (await store.gateways.findActive(EVERYWHERE)).map((target) => [target.gateway.id, target]),
      );
      expect(() => targets.get(EARLIER.gateway)?.password.reveal()).toThrow(CredentialsUnreadableError);
      expect(targets.get(EARLIER.neighbour)?.password.reveal()).toBe(EARLIER_PASSWORDS[EARLIER.neighbour]);
    });
  });

  it('names gateways that share URL and e-mail in an organization', async () => {
    await queryOnce(
      database,
      `UPDATE gateways SET url = 'ws://10.0.0.7', email = 'OPS@example.org' WHERE deleted_at IS NULL`,
    );

    expect(await report()).toContain(`gateway ${EARLIER.neighbour}: another gateway of its organization has the same`);
  });

  it('refuses while another program uses the tables', async () => {
    const other = await SideConnection.open(database);
    await other.hold('SELECT * FROM gateways');

    expect(await refusal()).toContain('another program is using the tables; stop the earlier version and try again');
    await other.close();
  });

  it('leaves the database untouched when a statement fails', async () => {
    const before = await dump();
    const insert = jest.spyOn(CredentialCipher.prototype, 'seal').mockImplementation(() => null as unknown as string); // Violates NOT NULL in the last INSERT.

    await expect(run()).rejects.toThrow(/null value in column "password_encrypted"/);

    insert.mockRestore();
    expect(await dump()).toEqual(before);
  });
});

describe('the adoption of other databases', () => {
  it('refuses an empty one, and names the command that creates a schema', async () => {
    database = await createEmptyDatabase();

    expect(await refusal()).toContain('it has none of the tables of v1.0; npm run db:migrate creates a new schema');
    expect((await readCatalog(database)).tables).toEqual([]);
  });

  it('changes nothing in one of this service', async () => {
    database = await createDatabase();
    const before = await dump();

    expect(await run()).toBeNull();
    expect(await dump()).toEqual(before);
  });
});
