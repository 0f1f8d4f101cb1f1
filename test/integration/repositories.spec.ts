import { EVERYWHERE, SYSTEM } from '../../src/common/actor';
import type { Actor, Reach } from '../../src/common/actor';
import type { Created, Once } from '../../src/common/idempotency';
import type { IfMatch } from '../../src/common/precondition';
import type { Page, PageRequest } from '../../src/common/page';
import { SORTS } from '../../src/common/sort';
import type { Sort } from '../../src/common/sort';
import { Secret } from '../../src/crypto/secret';
import type { DesiredState } from '../../src/events/domain-events';
import { UnknownFactoryError } from '../../src/factories/factory.errors';
import { FactoriesRepository } from '../../src/factories/factories.repository';
import type {
  FactoryChanges,
  FactoryName,
  FactoryNamesQuery,
  FactoryQuery,
  NewFactory,
  OrganizationName,
  OrganizationNamesQuery,
} from '../../src/factories/factories.repository';
import type { FactoryRow } from '../../src/factories/factory.entity';
import type { ConnectionTarget, GatewayRevision } from '../../src/gateways/connection-target';
import { GatewayIdTakenError, GatewayUrlTakenError, PasswordRequiredError } from '../../src/gateways/gateway.errors';
import { GatewaysRepository } from '../../src/gateways/gateways.repository';
import type {
  ChangedRow,
  GatewayChanges,
  GatewayQuery,
  NewGateway,
  Sighting,
} from '../../src/gateways/gateways.repository';
import type { GatewayRow } from '../../src/gateways/gateway.entity';
import { originText } from '../../src/gateways/origin';
import { UnknownOrganizationError } from '../../src/organizations/organization.errors';
import { OrganizationsRepository } from '../../src/organizations/organizations.repository';
import type {
  NarrowingOrganization,
  NewOrganization,
  OrganizationChanges,
  OrganizationQuery,
} from '../../src/organizations/organizations.repository';
import type { OrganizationRow } from '../../src/organizations/organization.entity';
import { DatabaseNetwork } from '../support/database-network';
import { eventually } from '../support/eventually';
import { sealV1 } from '../support/sealed-v1';
import { withClockAhead } from '../support/wrong-clock';
import { statementsOf } from './support/statements';
import { aKey, aNewGateway, Store } from './support/store';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ALL: PageRequest = { limit: 100, offset: 0 };

let store: Store;

beforeAll(async () => {
  store = await Store.create();
});

afterEach(async () => {
  await store.sql('TRUNCATE organizations CASCADE');
});

afterAll(() => store.drop());

const namesOf = ({ items }: Page<{ name: string }>): string[] => items.map(({ name }) => name);

describe('the pool', () => {
  const opened: Store[] = [];
  let network: DatabaseNetwork | null = null;

  async function open(variables: Record<string, string>): Promise<Store> {
    const other = await Store.on(store.database, { variables });
    opened.push(other);
    return other;
  }

  afterEach(async () => {
    for (const other of opened.splice(0)) await other.close();
    await network?.close();
    network = null;
  });

  it('REPO-01: opens as many connections as configured, and limits the wait for one', async () => {
    const { dataSource } = await open({ DATABASE_POOL_SIZE: '3', DATABASE_CONNECT_TIMEOUT_MS: '2000' });
    const runners = Array.from({ length: 4 }, () => dataSource.createQueryRunner());
    const [waiting, ...working] = runners;
    for (const runner of working) await runner.connect();

    await expect(waiting?.connect()).rejects.toThrow('timeout');
    const open3 = await store.sql<{ count: number }>(
      `SELECT count(*)::int FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'gateway-hub' AND pid <> pg_backend_pid()`,
    );
    expect(open3).toEqual([{ count: 3 }]);

    await working[0]?.release();
    await expect(dataSource.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    for (const runner of working) await runner.release();
  });

  it('REPO-01: has the server cancel statements that take too long', async () => {
    const slow = await open({ DATABASE_STATEMENT_TIMEOUT_MS: '100' });

    await expect(slow.sql('SELECT pg_sleep(10)')).rejects.toMatchObject({ driverError: { code: '57014' } });
  });

  it('REPO-01: names its connections, and applies the configured timeouts', async () => {
    const other = await open({ DATABASE_STATEMENT_TIMEOUT_MS: '7000' });

    const settings = await other.sql(
      `SELECT name, setting FROM pg_settings WHERE name IN
       ('application_name', 'statement_timeout', 'idle_in_transaction_session_timeout') ORDER BY name`,
    );
    expect(settings).toEqual([
      { name: 'application_name', setting: 'gateway-hub' },
      { name: 'idle_in_transaction_session_timeout', setting: '14000' },
      { name: 'statement_timeout', setting: '7000' },
    ]);
  });

  it('REPO-01: recovers from the loss of all its connections', async () => {
    const other = await open({});
    await Promise.all([1, 2, 3].map(() => other.sql('SELECT pg_sleep(0.05)')));

    await store.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`);
    // What was sent before the news came is lost; that ends, and nothing else does.
    await eventually(async () => expect(await other.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]));
  });

  it('REPO-01: abandons a connection that no longer answers, and does not use it again', async () => {
    network = await DatabaseNetwork.to(store.database);
    const other = await open({ DATABASE_URL: network.url, DATABASE_STATEMENT_TIMEOUT_MS: '100' });
    await other.sql('SELECT 1');
    network.swallow({ newOnes: false });

    await expect(other.sql('SELECT 1')).rejects.toThrow('does not answer');
    await expect(other.sql('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  });
});

describe('organizations', () => {
  it('create returns what the table contains, defaults included', async () => {
    const created = (await store.organizations.create(SYSTEM, { name: 'Acme' })).row;

    expect(created).toEqual(await store.organizations.findById(SYSTEM, created.id));
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      name: 'Acme',
      revision: 1,
      metadata: {},
      gatewayNetworks: null,
      createdAt: expect.any(Date) as Date,
      updatedAt: created.createdAt,
    });
  });

  it('findAll searches and pages', async () => {
    for (const name of ['Beta', 'Alpha', 'Alphabet']) await store.organizations.create(SYSTEM, { name });

    expect(namesOf(await store.organizations.findAll(SYSTEM, ALL))).toEqual(['Alpha', 'Alphabet', 'Beta']);
    expect(namesOf(await store.organizations.findAll(SYSTEM, { ...ALL, search: 'ALPHA' }))).toEqual([
      'Alpha',
      'Alphabet',
    ]);
    expect(await store.organizations.findAll(SYSTEM, { limit: 1, offset: 1 })).toMatchObject({
      items: [{ name: 'Alphabet' }],
      total: 3,
    });
  });
});

describe('the order of a list', () => {
  const NAMES = ['GW-10', 'gw-2', 'gw-1', 'Ärger', 'arger', 'Zoo', 'GW-2', 'gw-02'];

  const namesBy = async (sort: Sort, page: Partial<PageRequest> = {}): Promise<string[]> =>
    namesOf(await store.organizations.findAll(SYSTEM, { ...ALL, sort, ...page }));

  it.each<[Sort, string[]]>([
    ['name', ['GW-10', 'GW-2', 'Zoo', 'arger', 'gw-02', 'gw-1', 'gw-2', 'Ärger']],
    ['name_ci', ['arger', 'Ärger', 'gw-1', 'GW-2', 'gw-02', 'gw-2', 'GW-10', 'Zoo']],
    ['created_at', NAMES],
    ['updated_at', [...NAMES.filter((name) => name !== 'gw-1'), 'gw-1']],
  ])('is %s, or the reverse', async (sort, expected) => {
    for (const name of NAMES) await store.organizations.create(SYSTEM, { name });
    await store.sql(`UPDATE organizations SET name = 'gw-0' WHERE name = 'gw-1' RETURNING id`);
    await store.sql(`UPDATE organizations SET name = 'gw-1' WHERE name = 'gw-0' RETURNING id`);

    expect(await namesBy(sort)).toEqual(expected);
    expect(await namesBy(`-${sort}` as Sort)).toEqual([...expected].reverse());
    expect(await namesBy(sort, { limit: 3, offset: 2 })).toEqual(expected.slice(2, 5));
    expect(await namesBy(`-${sort}` as Sort, { search: 'g' } as object)).toHaveLength(7);
  });
});

describe('a walk by cursor', () => {
  /** Follows the cursor to the end; `between` runs after each page. */
  async function walk(
    sort: Sort,
    limit: number,
    between: (page: number) => Promise<unknown>,
  ): Promise<OrganizationRow[]> {
    let page = await store.organizations.findAll(SYSTEM, { sort, limit, offset: 0 });
    const rows = [...page.items];
    for (let number = 1; page.next; number += 1) {
      await between(number);
      page = await store.organizations.findAll(SYSTEM, {
        sort,
        limit,
        offset: 0,
        after: { ...page.next, total: page.total },
      });
      rows.push(...page.items);
    }
    return rows;
  }

  // Many share a name, or a millisecond and not a microsecond.
  const fill = () =>
    store.sql(`INSERT INTO organizations (name, created_at, updated_at)
      SELECT (ARRAY['gw-1', 'GW-1', 'gw-2', 'GW-10', 'ä'])[1 + n % 5], t, t
      FROM generate_series(1, 50) n, LATERAL (SELECT timestamptz '2026-02-09 10:00:00.123Z' + n / 2 * interval '7 us') at (t)
      RETURNING id`);

  it.each(SORTS)('returns every row once, in the order of the list: %s', async (sort) => {
    await fill();
    const { items } = await store.organizations.findAll(SYSTEM, { ...ALL, sort });

    for (const limit of [1, 7, 50]) {
      expect(await walk(sort, limit, () => Promise.resolve())).toEqual(items);
    }
  });

  it.each(SORTS)('neither repeats nor misses a row that stays, while others come and go: %s', async (sort) => {
    await fill();
    const before = await store.organizations.findAll(SYSTEM, { ...ALL, sort });
    const gone = before.items.filter((_, index) => index % 3 === 0).map(({ id }) => id);

    const rows = await walk(sort, 5, async (page) => {
      for (const name of ['!', 'gw-1', '漢']) await store.organizations.create(SYSTEM, { name });
      await store.sql('UPDATE organizations SET deleted_at = now() WHERE id = ANY ($1) RETURNING id', [
        gone.slice(2 * page, 2 * page + 2),
      ]);
    });

    const ids = rows.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const living = before.items.map(({ id }) => id).filter((id) => !gone.includes(id));
    expect(ids.filter((id) => living.includes(id))).toEqual(living);
  });

  it('keeps its initial total, and ends without a next page', async () => {
    await fill();
    const page = await store.organizations.findAll(SYSTEM, { limit: 49, offset: 0 });
    expect(page.total).toBe(50);
    await store.organizations.create(SYSTEM, { name: '漢' }); // The last of all.

    const after = { ...(page.next ?? { key: '', id: NOBODY }), total: page.total };
    const last = await store.organizations.findAll(SYSTEM, { limit: 49, offset: 49, after });

    expect([last.total, last.items.length, last.next]).toEqual([50, 2, undefined]);
  });
});

describe('factories', () => {
  it('REPO-03: create returns what the table contains, defaults included', async () => {
    const organization = (await store.organizations.create(SYSTEM, { name: 'Acme' })).row;
    const created = (await store.factories.create(SYSTEM, { organizationId: organization.id, name: 'Springfield' }))
      .row;

    expect(created).toEqual(await store.factories.findById(SYSTEM, created.id));
    expect(created).toMatchObject({
      organizationId: organization.id,
      location: null,
      timezone: 'UTC',
      metadata: {},
    });
  });

  it('REPO-03: create stores every value that it is given', async () => {
    const told = { name: 'Ōsaka', location: 'Hall 3', timezone: 'Asia/Tokyo', metadata: { a: [1, { b: null }] } };
    const created = await store.addFactory(told);

    expect(await store.factories.findById(SYSTEM, created.id)).toMatchObject(told);
  });

  it('REPO-03: create rejects an unknown organization', async () => {
    await expect(store.factories.create(SYSTEM, { organizationId: NOBODY, name: 'x' })).rejects.toThrow(
      UnknownOrganizationError,
    );
    expect(await store.sql('SELECT id FROM factories')).toEqual([]);
  });

  it('REPO-03: findById returns one factory, or null', async () => {
    const factory = await store.addFactory();

    expect(await store.factories.findById(SYSTEM, factory.id)).toEqual(factory);
    expect(await store.factories.findById(SYSTEM, NOBODY)).toBeNull();
  });

  it('REPO-03: findAll and findByOrganization return the factories of one organization', async () => {
    const { organizationId } = await store.addFactory({ name: 'North' });
    await store.addFactory({ name: 'South', organizationId });
    await store.addFactory({ name: 'Elsewhere' });

    expect(namesOf(await store.factories.findAll(SYSTEM, ALL))).toEqual(['Elsewhere', 'North', 'South']);
    expect(namesOf(await store.factories.findAll(SYSTEM, { ...ALL, organizationId }))).toEqual(['North', 'South']);
    expect(namesOf(await store.factories.findByOrganization(SYSTEM, organizationId, ALL))).toEqual(['North', 'South']);
    expect(await store.factories.findByOrganization(SYSTEM, organizationId, { limit: 1, offset: 1 })).toMatchObject({
      items: [{ name: 'South' }],
      total: 2,
    });
    expect(await store.factories.findByOrganization(SYSTEM, NOBODY, ALL)).toEqual({ items: [], total: 0 });
  });

  it('REPO-03: update changes only the given fields, and returns what the table contains', async () => {
    const { id, updatedAt } = await store.addFactory({ location: 'Hall 3', metadata: { a: 1 } });
    const before = await store.rowOf('factories', id);

    const updated = await store.factories.update(SYSTEM, id, { name: 'Shelbyville', location: null });

    expect(await store.factories.findById(SYSTEM, id)).toEqual(updated);
    expect(await store.rowOf('factories', id)).toEqual({
      ...before,
      revision: 2,
      name: 'Shelbyville',
      location: null,
      updated_at: updated?.updatedAt,
    });
    expect(updated?.updatedAt.getTime()).toBeGreaterThan(updatedAt.getTime());
  });

  it.each([{}, { name: undefined, metadata: undefined }])(
    'REPO-03: an update without values (%j) changes nothing',
    async (changes) => {
      const factory = await store.addFactory();

      expect(await store.factories.update(SYSTEM, factory.id, changes as FactoryChanges)).toEqual(factory);
      expect(await store.factories.update(SYSTEM, NOBODY, changes as FactoryChanges)).toBeNull();
    },
  );

  it('REPO-03: update changes no other row, and returns null for an unknown id', async () => {
    const { organizationId, id } = await store.addFactory();
    const neighbour = await store.addFactory({ name: 'neighbour', organizationId });

    await store.factories.update(SYSTEM, id, { name: 'changed' });

    expect(await store.factories.findById(SYSTEM, neighbour.id)).toEqual(neighbour);
    expect(await store.factories.update(SYSTEM, NOBODY, { name: 'x' })).toBeNull();
  });

  it('REPO-03: softDelete also deletes the gateways of the factory, returns their ids, and keeps other gateways', async () => {
    const factory = await store.addFactory();
    const gateways = await store.addGateways(factory.id, 3);
    await store.gateways.softDelete(SYSTEM, gateways[1]?.id ?? '');
    const other = await store.addGateway();

    const deleted = await store.factories.softDelete(SYSTEM, factory.id);

    expect(deleted?.sort()).toEqual([gateways[0]?.id, gateways[2]?.id]);
    expect(await store.factories.findById(SYSTEM, factory.id)).toBeNull();
    expect((await store.gateways.findAll(SYSTEM, ALL)).items).toEqual([
      await store.gateways.findById(SYSTEM, other.id),
    ]);
  });

  it('REPO-03: softDelete returns no ids for a factory without gateways, and null for an unknown factory', async () => {
    const factory = await store.addFactory();

    expect(await store.factories.softDelete(SYSTEM, factory.id)).toEqual([]);
    expect(await store.factories.softDelete(SYSTEM, factory.id)).toBeNull();
    expect(await store.factories.softDelete(SYSTEM, NOBODY)).toBeNull();
  });
});

describe('gateways', () => {
  it('REPO-04: create returns what the table contains, defaults included', async () => {
    const created = await store.addGateway();

    expect(created).toMatchObject({ ...(await store.gateways.findById(SYSTEM, created.id)) });
    expect(created).toMatchObject({
      model: null,
      firmwareVersion: null,
      desiredState: 'connected',
      connectionVersion: 1,
      lastSeenAt: null,
      metadata: {},
    });
  });

  it('REPO-04: create gives a gateway the organization of its factory, in one statement', async () => {
    const factory = await store.addFactory();

    const statements = await statementsOf(() =>
      store.gateways.create(SYSTEM, aNewGateway(factory.id), { refuseDuplicates: true }),
    );

    expect(statements).toHaveLength(1);
    expect((await store.gateways.findAll(SYSTEM, ALL)).items).toMatchObject([
      { organizationId: factory.organizationId },
    ]);
  });

  it('REPO-04: a move between factories of one organization keeps the organization, in one statement', async () => {
    const { id: factoryId, organizationId } = await store.addFactory();
    const to = await store.addFactory({ organizationId });
    const { id } = await store.addGateway({ factoryId });

    const statements = await statementsOf(() =>
      store.gateways.update(SYSTEM, id, { factoryId: to.id }, { refuseDuplicates: true }),
    );

    expect(statements).toHaveLength(1);
    expect(await store.gateways.findById(SYSTEM, id)).toMatchObject({ factoryId: to.id, organizationId });
  });

  it('REPO-04: two organizations can each have a gateway with the same URL and e-mail, but not two', async () => {
    const [one, two] = [await store.addFactory(), await store.addFactory()];
    const neighbour = await store.addFactory({ organizationId: one.organizationId });
    await store.gateways.create(SYSTEM, aNewGateway(one.id), { refuseDuplicates: true });
    await store.gateways.create(SYSTEM, aNewGateway(two.id), { refuseDuplicates: true });

    for (const { id } of [neighbour, two]) {
      await expect(store.gateways.create(SYSTEM, aNewGateway(id), { refuseDuplicates: true })).rejects.toThrow(
        GatewayUrlTakenError,
      );
    }
  });

  it('REPO-04: create stores every value that it is given', async () => {
    const told = {
      label: 'GW ünïcödé 漢字',
      name: '‏north 🏭',
      url: 'wss://gateway.example:5000/socket?a=1',
      email: 'admin@localhost',
      model: 'CTC',
      firmwareVersion: '1.2.3',
      desiredState: 'disconnected' as const,
      metadata: { deep: [{ a: null, b: 1.5, c: 'x' }] },
    };
    const { id } = await store.addGateway(told);

    expect(await store.gateways.findById(SYSTEM, id)).toMatchObject(told);
  });

  it('REPO-04: create rejects an unknown factory, and a label that is in use', async () => {
    await expect(store.gateways.create(SYSTEM, aNewGateway(NOBODY))).rejects.toThrow(UnknownFactoryError);

    const { factoryId } = await store.addGateway({ label: 'GW-X' });
    await expect(store.addGateway({ factoryId, label: 'GW-X' })).rejects.toThrow(GatewayIdTakenError);
    const { organizationId } = (await store.factories.findById(EVERYWHERE, factoryId)) ?? {};
    const neighbour = await store.addFactory({ ...(organizationId !== undefined && { organizationId }) });
    await expect(store.addGateway({ factoryId: neighbour.id, label: 'GW-X' })).rejects.toThrow(GatewayIdTakenError);
    await expect(store.addGateway({ label: 'GW-X' })).resolves.toBeDefined(); // In another organization.
    await expect(store.addGateway({ factoryId, label: 'gw-x' })).resolves.toBeDefined(); // Case matters.
  });

  it('REPO-04: findById returns one gateway, or null', async () => {
    const { id, label } = await store.addGateway();

    expect(await store.gateways.findById(SYSTEM, id)).toMatchObject({ id, label });
    expect(await store.gateways.findById(SYSTEM, NOBODY)).toBeNull();
  });

  it('REPO-04: findAll returns all gateways, or those of one factory', async () => {
    const { factoryId } = await store.addGateway({ name: 'b' });
    await store.addGateway({ name: 'a', factoryId });
    await store.addGateway({ name: 'c' });

    expect(namesOf(await store.gateways.findAll(SYSTEM, ALL))).toEqual(['a', 'b', 'c']);
    expect(namesOf(await store.gateways.findAll(SYSTEM, { ...ALL, factoryId }))).toEqual(['a', 'b']);
    expect(await store.gateways.findAll(SYSTEM, { ...ALL, factoryId: NOBODY })).toEqual({ items: [], total: 0 });
  });

  it('REPO-04: findActive returns the gateways to connect, with everything that a connection needs', async () => {
    const active = await store.addGateway({ password: Secret.of('pass word') });
    await store.addGateway({ desiredState: 'disconnected' });

    const targets = await store.gateways.findActive(SYSTEM);

    expect(targets).toHaveLength(1);
    expect(targets[0]).toEqual({
      gateway: {
        id: active.id,
        factoryId: active.factoryId,
        organizationId: active.organizationId,
        label: active.label,
        name: active.name,
        desiredState: 'connected',
        connectionVersion: 1,
        revision: 1,
        lastSeenAt: null,
      },
      gatewayId: active.id,
      organizationId: active.organizationId,
      url: active.url,
      tls: null,
      email: active.email,
      password: expect.any(Secret) as Secret,
      login: { accepted: false, refusals: 0, nextLoginAt: null },
    });
    expect(targets[0]?.password.reveal()).toBe('pass word');
  });

  it('findTargets returns the given gateways, whatever their desired state, and omits unknown ones', async () => {
    const { id } = await store.addGateway({ desiredState: 'disconnected' });
    await store.addGateway();

    const targets = await store.gateways.findTargets(SYSTEM, [NOBODY, id, id]);

    expect(targets.map(({ gateway }) => gateway.id)).toEqual([id]);
    expect(targets[0]?.password.reveal()).toBe('correct horse');
    expect(await store.gateways.findTargets(SYSTEM, [])).toEqual([]);
  });

  it('findRevisions returns one small record for every gateway, whatever its desired state', async () => {
    const one = await store.addGateway();
    const two = await store.addGateway({ desiredState: 'disconnected' });
    await store.gateways.update(SYSTEM, one.id, { url: 'ws://10.0.0.8' });

    const revisions = await store.gateways.findRevisions(SYSTEM);

    expect(revisions.map(({ id, revision }) => ({ id, revision })).sort((a, b) => b.revision - a.revision)).toEqual([
      { id: one.id, revision: 2 },
      { id: two.id, revision: 1 },
    ]);
  });

  it('REPO-04: update changes only the given fields, and returns what the table contains', async () => {
    const { id, updatedAt } = await store.addGateway({ model: 'old', firmwareVersion: '1', metadata: { a: 1 } });
    const before = await store.rowOf('gateways', id);

    const updated = await store.gateways.update(SYSTEM, id, { label: 'GW-NEW', model: null, metadata: { b: 2 } });

    expect(await store.gateways.findById(SYSTEM, id)).toEqual(updated);
    expect(await store.rowOf('gateways', id)).toEqual({
      ...before,
      gateway_id: 'GW-NEW',
      model: null,
      metadata: { b: 2 },
      revision: 2,
      updated_at: updated?.updatedAt,
    });
    expect(updated?.updatedAt.getTime()).toBeGreaterThan(updatedAt.getTime());
  });

  it('REPO-04: update changes no other row, and returns null for an unknown id', async () => {
    const { id, factoryId } = await store.addGateway();
    const neighbour = await store.addGateway({ factoryId });
    const before = await store.rowOf('gateways', neighbour.id);

    await store.gateways.update(SYSTEM, id, { url: 'ws://10.0.0.8', password: Secret.of('other') });

    expect(await store.rowOf('gateways', neighbour.id)).toEqual(before);
    expect(await store.gateways.update(SYSTEM, NOBODY, { name: 'x', password: Secret.of('x') })).toBeNull();
  });

  it('REPO-04: update rejects the label of another gateway, and accepts its own or that of a deleted one', async () => {
    const { id, factoryId } = await store.addGateway({ label: 'mine' });
    await store.addGateway({ factoryId, label: 'taken' });
    const gone = await store.addGateway({ factoryId, label: 'free again' });
    await store.gateways.softDelete(SYSTEM, gone.id);

    await expect(store.gateways.update(SYSTEM, id, { label: 'taken' })).rejects.toThrow(GatewayIdTakenError);
    expect(await store.gateways.update(SYSTEM, id, { label: 'mine' })).toMatchObject({ label: 'mine' });
    expect(await store.gateways.update(SYSTEM, id, { label: 'free again' })).toMatchObject({ label: 'free again' });
  });

  it('an error for a label that is in use has the database error as its cause', async () => {
    const { factoryId } = await store.addGateway({ label: 'taken' });
    const refusal = await store.addGateway({ factoryId, label: 'taken' }).catch((error: unknown) => error);

    expect(refusal).toMatchObject({
      code: 'GATEWAY_ID_TAKEN',
      cause: { constraint: 'uq_gateways_organization_id_gateway_id' },
    });
  });

  it('setDesiredState stores the desired state, returns the row, and keeps the connection version', async () => {
    const { id } = await store.addGateway();

    expect(await store.gateways.setDesiredState(SYSTEM, id, 'disconnected')).toMatchObject({
      desiredState: 'disconnected',
      connectionVersion: 1,
    });
    expect(await store.gateways.findById(SYSTEM, id)).toMatchObject({ desiredState: 'disconnected' });
    expect(await store.gateways.setDesiredState(SYSTEM, NOBODY, 'connected')).toBeNull();
  });

  it('setDesiredState to the current value changes nothing', async () => {
    const { id, updatedAt } = await store.addGateway();

    expect(await store.gateways.setDesiredState(SYSTEM, id, 'connected')).toMatchObject({ updatedAt });
  });

  it('REPO-04: softDelete returns whether it deleted a gateway, and keeps the row', async () => {
    const { id } = await store.addGateway();

    expect(await store.gateways.softDelete(SYSTEM, id)).toBe(true);
    expect(await store.gateways.softDelete(SYSTEM, id)).toBe(false);
    expect(await store.gateways.softDelete(SYSTEM, NOBODY)).toBe(false);
    expect(await store.rowOf('gateways', id)).toMatchObject({ id, deleted_at: expect.any(Date) as Date });
  });

  it('recordSightings stores the time, returns the ids of known gateways, and moves no time backwards', async () => {
    const [a, b] = await store.addGateways((await store.addFactory()).id, 2);
    if (!a || !b) throw new Error('no gateways');
    const early = new Date('2026-02-09T10:00:00.123Z');
    const late = new Date('2026-02-09T10:00:01.456Z');

    const both = [
      { gatewayId: b.id, at: early },
      { gatewayId: a.id, at: late },
    ];
    expect((await store.gateways.recordSightings(both)).sort()).toEqual([a.id, b.id]);
    expect(await store.gateways.recordSightings([{ gatewayId: a.id, at: early }])).toEqual([a.id]);
    expect(await store.gateways.recordSightings([{ gatewayId: NOBODY, at: early }])).toEqual([]);
    expect(await store.gateways.recordSightings([])).toEqual([]);

    expect(await store.gateways.findById(SYSTEM, a.id)).toMatchObject({ lastSeenAt: late, updatedAt: a.updatedAt });
    expect(await store.gateways.findById(SYSTEM, b.id)).toMatchObject({ lastSeenAt: early, updatedAt: b.updatedAt });
  });

  it.each([
    ['a year ahead', 365 * DAY_MS],
    ['an hour behind', -HOUR_MS],
    ['twenty days behind', -20 * DAY_MS],
  ])('recordSightings stores times by the clock of the database when our clock is %s', async (_, aheadMs) => {
    const { id } = await store.addGateway();
    const before = await store.now();
    await withClockAhead(aheadMs, () =>
      store.gateways.recordSightings([{ gatewayId: id, at: new Date(Date.now() - 5000) }]),
    );
    const after = await store.now();
    const seenAt = (await store.gateways.findById(SYSTEM, id))?.lastSeenAt?.getTime() ?? 0;
    expect(seenAt + 5000).toBeGreaterThanOrEqual(before);
    expect(seenAt + 5000).toBeLessThanOrEqual(after);
  });

  it('recordSightings stores no time later than the current time of the database, and replaces one that is later', async () => {
    const { id } = await store.addGateway();
    const soon = new Date(Date.now() + 30_000); // By a clock that differs no more than clocks do.
    await store.gateways.recordSightings([{ gatewayId: id, at: soon }]);
    const after = await store.now();
    expect((await store.gateways.findById(SYSTEM, id))?.lastSeenAt?.getTime()).toBeLessThanOrEqual(after);

    await store.sql(`UPDATE gateways SET last_seen_at = now() + interval '1 year' WHERE id = $1 RETURNING id`, [id]);
    const at = new Date(Date.now() - 1000);
    await store.gateways.recordSightings([{ gatewayId: id, at }]);
    expect(await store.gateways.findById(SYSTEM, id)).toMatchObject({ lastSeenAt: at });
  });
});

describe('connection_version', () => {
  const before = { url: 'ws://10.0.0.7:5000', email: 'ops@example.org', password: 'correct horse' };

  interface Case {
    what: string;
    changes: Omit<GatewayChanges, 'password'> & { password?: string };
    grows: 0 | 1;
  }

  it.each<Case>([
    { what: 'nothing at all', changes: {}, grows: 0 },
    { what: 'the same url', changes: { url: before.url }, grows: 0 },
    { what: 'another url', changes: { url: 'ws://10.0.0.8:5000' }, grows: 1 },
    { what: 'a url in another case', changes: { url: 'WS://10.0.0.7:5000' }, grows: 1 },
    { what: 'the same e-mail', changes: { email: before.email }, grows: 0 },
    { what: 'another e-mail', changes: { email: 'night@example.org' }, grows: 1 },
    { what: 'the same password', changes: { password: before.password }, grows: 0 },
    { what: 'another password', changes: { password: 'battery staple' }, grows: 1 },
    { what: 'a password with a space more', changes: { password: 'correct horse ' }, grows: 1 },
    { what: 'the same of all three', changes: before, grows: 0 },
    { what: 'another of all three', changes: { url: 'ws://b', email: 'c@d', password: 'e' }, grows: 1 },
    { what: 'one other of three', changes: { ...before, email: 'c@d' }, grows: 1 },
    {
      what: 'everything else',
      changes: { label: 'L', name: 'N', model: 'M', firmwareVersion: '2', metadata: { a: 1 } },
      grows: 0,
    },
  ])('GATEWAY-04: with $what it grows by $grows', async ({ changes: { password, ...others }, grows }) => {
    const { id, updatedAt } = await store.addGateway({ ...before, password: Secret.of(before.password) });
    const { password_encrypted: sealed } = await store.rowOf('gateways', id);

    const updated = await store.gateways.update(SYSTEM, id, {
      ...others,
      ...(password !== undefined && { password: Secret.of(password) }),
    });

    const row = await store.rowOf('gateways', id);
    expect(updated?.connectionVersion).toBe(1 + grows);
    expect(row).toMatchObject({ connection_version: 1 + grows });
    // Sealing the same password anew for the same origin would be a write for nothing.
    const isSame = password === undefined || password === before.password;
    expect(row['password_encrypted'] === sealed).toBe(
      isSame && originText(String(row['url'])) === originText(before.url),
    );
    const isChanged = grows === 1 || others.name !== undefined;
    expect(updated?.updatedAt.getTime() !== updatedAt.getTime()).toBe(isChanged);
    const [target] = await store.gateways.findTargets(SYSTEM, [id]);
    expect(target?.password.reveal()).toBe(password ?? before.password);
  });

  it.each([
    ['sealed with a key that is gone', () => sealV1('correct horse', aKey())],
    ['no sealed text at all', () => 'correct horse'],
  ])('a new password replaces one that is %s, and counts as a change', async (_, stored) => {
    const { id } = await store.addGateway();
    await store.sql('UPDATE gateways SET password_encrypted = $2 WHERE id = $1 RETURNING id', [id, stored()]);

    const updated = await store.gateways.update(SYSTEM, id, { password: Secret.of('correct horse') });

    expect(updated?.connectionVersion).toBe(2);
    expect((await store.gateways.findTargets(SYSTEM, [id]))[0]?.password.reveal()).toBe('correct horse');
  });

  it('an unreadable password does not prevent other changes, but stays with its origin', async () => {
    const { id } = await store.addGateway();
    await store.sql(`UPDATE gateways SET password_encrypted = 'garbage' WHERE id = $1 RETURNING id`, [id]);

    const url = 'ws://10.0.0.7:5000/path';
    expect(await store.gateways.update(SYSTEM, id, { url, email: 'c@d' })).toMatchObject({
      url,
      connectionVersion: 2,
    });
    await expect(store.gateways.update(SYSTEM, id, { url: 'ws://b' })).rejects.toThrow(PasswordRequiredError);
    expect(await store.rowOf('gateways', id)).toMatchObject({ password_encrypted: 'garbage' });
  });
});

describe('order and search', () => {
  const names = ['b', 'B', 'a', 'A', 'Zürich', 'zürich', 'äther', 'é', '_', '~', '10', '9', ' x'];

  let sorting: Store | null = null;

  afterEach(async () => {
    await sorting?.close();
    sorting = null;
  });

  it('lists are in byte order of the names, then of the ids, and pages cover them without gap or repetition', async () => {
    const factory = await store.addFactory();
    for (const name of [...names, ...Array<string>(30).fill('same')]) {
      await store.addGateway({ factoryId: factory.id, name });
    }
    // An index may happen to give the right order; the query must ask for it.
    await store.sql(`ALTER DATABASE ${store.database.name} SET enable_indexscan = off`);
    const { gateways } = (sorting = await Store.on(store.database));

    const { items, total } = await gateways.findAll(SYSTEM, ALL);
    const pages: GatewayRow[] = [];
    for (let offset = 0; offset < total; offset += 2) {
      pages.push(...(await gateways.findAll(SYSTEM, { limit: 2, offset })).items);
    }

    const inOrder = [...items].sort(
      (a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)) || (a.id < b.id ? -1 : 1),
    );
    expect(items.map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id));
    expect(pages).toEqual(items);
    expect(total).toBe(names.length + 30);
  });

  it('a page beyond the end is empty and has the total', async () => {
    await store.addGateway();
    expect(await store.gateways.findAll(SYSTEM, { limit: 10, offset: 2_147_483_647 })).toEqual({ items: [], total: 1 });
  });

  it.each([
    ['part of the name', 'ringfiel', ['Springfield north']],
    ['part of the label', 'w-spr', ['Springfield north']],
    ['any case', 'SPRINGFIELD NORTH', ['Springfield north']],
    ['any case of any letter', 'ÖSTERREICH', ['österreich']],
    ['a percent sign to the letter', '0%', ['100% load']],
    ['an underscore to the letter', 'a_c', ['a_c']],
    ['a backslash to the letter', '\\', ['back\\slash']],
    ['a quote', `'`, [`o'brien`]],
    ['what nobody has', 'nowhere', []],
    [
      'nothing, which all have',
      '',
      ['100% load', 'Springfield north', 'a_c', 'abc', 'back\\slash', `o'brien`, 'österreich'],
    ],
  ])('search finds %s', async (_, search, expected) => {
    const { id: factoryId } = await store.addFactory();
    await store.addGateway({ factoryId, name: 'Springfield north', label: 'GW-SPR-001' });
    for (const name of ['österreich', '100% load', 'a_c', 'abc', 'back\\slash', `o'brien`]) {
      await store.addGateway({ factoryId, name });
    }

    const found = await store.gateways.findAll(SYSTEM, { ...ALL, search, factoryId });

    expect(namesOf(found)).toEqual(expected);
    expect(found.total).toBe(expected.length);
  });

  it('search stays within the factory or organization that is asked for', async () => {
    const { id: factoryId } = await store.addFactory({ name: 'north' });
    await store.addGateway({ factoryId, name: 'north', label: 'x' });
    await store.addGateway({ name: 'other', label: 'north' });

    expect(namesOf(await store.gateways.findAll(SYSTEM, { ...ALL, factoryId, search: 'north' }))).toEqual(['north']);
    expect(namesOf(await store.factories.findAll(SYSTEM, { ...ALL, search: 'NORTH' }))).toEqual(['north']);
    expect(namesOf(await store.factories.findAll(SYSTEM, { ...ALL, search: 'NORTH', organizationId: NOBODY }))).toEqual(
      [],
    );
  });
});

describe('deleted rows', () => {
  let factory: FactoryRow;
  let gateway: GatewayRow;
  let alone: GatewayRow;

  /** Every row as it lies on the disk: a write that changes nothing would show as well. */
  const everything = () =>
    store.sql(`SELECT o.ctid, o.xmin, to_jsonb(o) AS row FROM organizations o
      UNION ALL SELECT f.ctid, f.xmin, to_jsonb(f) FROM factories f
      UNION ALL SELECT g.ctid, g.xmin, to_jsonb(g) FROM gateways g`);

  beforeEach(async () => {
    factory = await store.addFactory();
    gateway = await store.addGateway({ factoryId: factory.id, name: 'gone', label: 'gone' });
    await store.factories.softDelete(SYSTEM, factory.id);
    alone = await store.addGateway({ name: 'gone too', label: 'gone too' }); // Its factory lives on.
    await store.gateways.softDelete(SYSTEM, alone.id);
  });

  it.each<[string, () => Promise<unknown>, unknown]>([
    ['factories.findById', () => store.factories.findById(SYSTEM, factory.id), null],
    [
      'factories.findByOrganization',
      () => store.factories.findByOrganization(SYSTEM, factory.organizationId, ALL),
      { items: [], total: 0 },
    ],
    [
      'factories.findAll',
      async () => (await store.factories.findAll(SYSTEM, ALL)).items.map(({ id }) => id),
      () => [alone.factoryId],
    ],
    [
      'factories.findAll with a search',
      async () => (await store.factories.findAll(SYSTEM, { ...ALL, search: '' })).total,
      1,
    ],
    ['gateways.findById', () => store.gateways.findById(SYSTEM, gateway.id), null],
    ['gateways.findById in a living factory', () => store.gateways.findById(SYSTEM, alone.id), null],
    ['gateways.findAll', () => store.gateways.findAll(SYSTEM, ALL), { items: [], total: 0 }],
    [
      'gateways.findAll of a factory',
      () => store.gateways.findAll(SYSTEM, { ...ALL, factoryId: alone.factoryId }),
      { items: [], total: 0 },
    ],
    [
      'gateways.findAll with a search',
      () => store.gateways.findAll(SYSTEM, { ...ALL, search: 'gone' }),
      { items: [], total: 0 },
    ],
    ['gateways.findActive', () => store.gateways.findActive(SYSTEM), []],
    ['gateways.findTargets', () => store.gateways.findTargets(SYSTEM, [gateway.id, alone.id]), []],
    ['gateways.findRevisions', () => store.gateways.findRevisions(SYSTEM), []],
  ])('REPO-05: never appear in %s', async (_, read, expected) => {
    expect(await read()).toEqual(typeof expected === 'function' ? (expected as () => unknown)() : expected);
  });

  it.each<[string, () => Promise<unknown>, unknown]>([
    ['factories.update', () => store.factories.update(SYSTEM, factory.id, { name: 'changed' }), null],
    ['factories.update with nothing', () => store.factories.update(SYSTEM, factory.id, {}), null],
    ['factories.softDelete', () => store.factories.softDelete(SYSTEM, factory.id), null],
    ['gateways.update', () => store.gateways.update(SYSTEM, gateway.id, { name: 'changed' }), null],
    ['gateways.update of the url', () => store.gateways.update(SYSTEM, alone.id, { url: 'ws://b' }), null],
    [
      'gateways.update of the password',
      () => store.gateways.update(SYSTEM, alone.id, { password: Secret.of('x') }),
      null,
    ],
    ['gateways.setDesiredState', () => store.gateways.setDesiredState(SYSTEM, alone.id, 'disconnected'), null],
    ['gateways.softDelete', () => store.gateways.softDelete(SYSTEM, alone.id), false],
    [
      'gateways.recordSightings',
      () => store.gateways.recordSightings([gateway, alone].map(({ id }) => ({ gatewayId: id, at: new Date() }))),
      [],
    ],
  ])('REPO-05: are never written by %s', async (_, write, expected) => {
    const before = await everything();

    expect(await write()).toEqual(expected);

    expect(await everything()).toEqual(before);
  });

  it('REPO-05: cannot get new gateways or factories', async () => {
    await store.sql('UPDATE organizations SET deleted_at = now() WHERE id = $1 RETURNING id', [factory.organizationId]);
    const before = await everything();

    await expect(store.gateways.create(SYSTEM, aNewGateway(factory.id))).rejects.toThrow(UnknownFactoryError);
    await expect(store.factories.create(SYSTEM, { organizationId: factory.organizationId, name: 'x' })).rejects.toThrow(
      UnknownOrganizationError,
    );

    expect(await everything()).toEqual(before);
  });

  it('REPO-05: a deleted organization never appears', async () => {
    const { id } = (await store.organizations.create(SYSTEM, { name: 'bankrupt' })).row;
    await store.sql('UPDATE organizations SET deleted_at = now() WHERE id = $1 RETURNING id', [id]);

    expect(await store.organizations.findById(SYSTEM, id)).toBeNull();
    expect((await store.organizations.findAll(SYSTEM, { ...ALL, search: 'bankrupt' })).total).toBe(0);
  });

  it('REPO-05: keep their deletion time when their factory is deleted later', async () => {
    const before = await store.rowOf('gateways', alone.id);

    expect(await store.factories.softDelete(SYSTEM, alone.factoryId)).toEqual([]);

    expect(await store.rowOf('gateways', alone.id)).toEqual(before);
  });
});

describe('types', () => {
  /** True only when both types are the same to the last modifier; `any` is the same as nothing else. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- The compiler compares A with B only below a parameter.
  type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
  type Methods<Repository> = { [Name in keyof Repository]: Repository[Name] };

  interface OrganizationMethods {
    findNetworks: (reach: Reach) => Promise<NarrowingOrganization[]>;
    create: (actor: Actor, draft: NewOrganization, once?: Once) => Promise<Created<OrganizationRow>>;
    findById: (reach: Reach, id: string) => Promise<OrganizationRow | null>;
    findAll: (reach: Reach, query: OrganizationQuery) => Promise<Page<OrganizationRow>>;
    update: (
      actor: Actor,
      id: string,
      changes: OrganizationChanges,
      condition?: IfMatch,
    ) => Promise<OrganizationRow | null>;
    softDelete: (actor: Actor, id: string, cascade: boolean, condition?: IfMatch) => Promise<string[] | null>;
  }

  interface FactoryMethods {
    create: (actor: Actor, draft: NewFactory, once?: Once) => Promise<Created<FactoryRow>>;
    findById: (reach: Reach, id: string) => Promise<FactoryRow | null>;
    findAll: (reach: Reach, query: FactoryQuery) => Promise<Page<FactoryRow>>;
    findByOrganization: (reach: Reach, organizationId: string, page: PageRequest) => Promise<Page<FactoryRow>>;
    findNames: (reach: Reach, query?: FactoryNamesQuery) => Promise<FactoryName[]>;
    findOrganizationNames: (reach: Reach, query?: OrganizationNamesQuery) => Promise<OrganizationName[]>;
    update: (actor: Actor, id: string, changes: FactoryChanges, condition?: IfMatch) => Promise<FactoryRow | null>;
    softDelete: (actor: Actor, id: string, condition?: IfMatch) => Promise<string[] | null>;
  }

  interface GatewayMethods {
    findOrganizationOf: (reach: Reach, factoryId: string) => Promise<string | null>;
    create: (
      actor: Actor,
      draft: NewGateway,
      options?: { readonly refuseDuplicates?: boolean; readonly once?: Once | undefined },
    ) => Promise<Created<GatewayRow>>;
    findById: (reach: Reach, id: string) => Promise<GatewayRow | null>;
    findAll: (reach: Reach, query: GatewayQuery) => Promise<Page<GatewayRow>>;
    findActive: (reach: Reach, shards?: 'all' | readonly number[]) => Promise<ConnectionTarget[]>;
    findTargets: (reach: Reach, ids: readonly string[]) => Promise<ConnectionTarget[]>;
    findRevisions: (reach: Reach, shards?: 'all' | readonly number[]) => Promise<GatewayRevision[]>;
    update: (
      actor: Actor,
      id: string,
      changes: GatewayChanges,
      options?: { readonly refuseDuplicates?: boolean; readonly ifMatch?: readonly number[] | undefined },
    ) => Promise<ChangedRow | null>;
    setDesiredState: (actor: Actor, id: string, desiredState: DesiredState) => Promise<GatewayRow | null>;
    setDesiredStates: (actor: Actor, ids: readonly string[], desiredState: DesiredState) => Promise<GatewayRow[]>;
    softDelete: (actor: Actor, id: string, condition?: IfMatch) => Promise<boolean>;
    recordSightings: (sightings: readonly Sighting[]) => Promise<string[]>;
  }

  // `npm run typecheck` refuses these lines when a signature is not exactly the one above.
  const exact: [
    Same<Methods<OrganizationsRepository>, Methods<OrganizationMethods>>,
    Same<Methods<FactoriesRepository>, Methods<FactoryMethods>>,
    Same<Methods<GatewaysRepository>, Methods<GatewayMethods>>,
  ] = [true, true, true];
  // What cannot be asked for must not compile either.
  const notChangeable: [
    Extract<keyof FactoryChanges, 'id' | 'deletedAt'>,
    Extract<keyof GatewayChanges, 'id' | 'deletedAt' | 'connectionVersion'>,
  ][] = [];

  it('REPO-06: every method of every repository has exactly the type that is written here', () => {
    expect(exact).toEqual([true, true, true]);
    expect(notChangeable).toEqual([]);
  });

  it.each([
    [OrganizationsRepository.name, () => store.organizations],
    [FactoriesRepository.name, () => store.factories],
    [GatewaysRepository.name, () => store.gateways],
  ])('REPO-06: the rows of %s have the types they are declared with', async (_, repository) => {
    await store.addGateway();
    const { items } = await repository().findAll(EVERYWHERE, ALL);
    const [row] = items as (OrganizationRow & Partial<GatewayRow>)[];

    expect([typeof row?.id, typeof row?.name, typeof row?.metadata]).toEqual(['string', 'string', 'object']);
    expect([row?.createdAt, row?.updatedAt]).toEqual([expect.any(Date), expect.any(Date)]);
    expect(row).not.toHaveProperty('deletedAt');
    expect(typeof (row?.connectionVersion ?? 1)).toBe('number');
  });
});
