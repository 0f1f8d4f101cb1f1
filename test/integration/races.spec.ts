import { SYSTEM } from '../../src/common/actor';
import { Secret } from '../../src/crypto/secret';
import type { FactoryRow } from '../../src/factories/factory.entity';
import { UnknownFactoryError } from '../../src/factories/factory.errors';
import type { GatewayRow } from '../../src/gateways/gateway.entity';
import { GatewayIdTakenError } from '../../src/gateways/gateway.errors';
import { UnknownOrganizationError } from '../../src/organizations/organization.errors';
import { inParallel } from '../support/in-parallel';
import { outcomeOf, SideConnection } from './support/side-connection';
import { Store } from './support/store';

const ALL = { limit: 100, offset: 0 };
const INSERT_GATEWAY = `INSERT INTO gateways (factory_id, organization_id, gateway_id, name, url, email, password_encrypted)
  SELECT id, organization_id, $2, 'north', 'ws://10.0.0.7', 'a@b', 'sealed' FROM factories WHERE id = $1`;

let store: Store;
/** Two others, and somebody who only watches. */
let other: SideConnection;
let third: SideConnection;
let watcher: SideConnection;
/** How many deadlocks the one test of them may have caused: a change that is ended by one is tried four times. */
const EXPECTED_DEADLOCKS = [1, 2, 3, 4];

beforeAll(async () => {
  store = await Store.create({ variables: { DATABASE_POOL_SIZE: '20', DATABASE_CONNECT_TIMEOUT_MS: '20000' } });
});

beforeEach(async () => {
  other = await SideConnection.open(store.database);
  third = await SideConnection.open(store.database);
  watcher = await SideConnection.open(store.database);
});

afterEach(async () => {
  await Promise.all([other.close(), third.close()]);
  await watcher.query('TRUNCATE organizations CASCADE');
  await watcher.close();
});

afterAll(async () => {
  await store.close();
  const last = await SideConnection.open(store.database);
  // Whatever happened above, nobody waited in a circle except in the test of it. Connections report it when they end.
  await last.untilAlone();
  expect(EXPECTED_DEADLOCKS).toContain(await last.deadlocks());
  await last.close();
  await store.database.drop();
});

/** Living children whose parents were deleted: there must never be one. */
async function findOrphans(): Promise<unknown[]> {
  return watcher.query(
    `SELECT g.id FROM gateways g JOIN factories f ON f.id = g.factory_id
     WHERE g.deleted_at IS NULL AND f.deleted_at IS NOT NULL
     UNION ALL
     SELECT f.id FROM factories f JOIN organizations o ON o.id = f.organization_id
     WHERE f.deleted_at IS NULL AND o.deleted_at IS NOT NULL`,
  );
}

describe('a gateway is created while its factory is deleted', () => {
  it('REPO-05: a create that comes second finds no factory', async () => {
    const gateway = await store.addGateway();
    await other.hold('SELECT FROM gateways WHERE id = $1 FOR UPDATE', [gateway.id]);
    const deleting = store.factories.softDelete(SYSTEM, gateway.factoryId); // Has its factory, waits for the gateway.
    await watcher.untilWaiting(1);
    const creating = outcomeOf(store.addGateway({ factoryId: gateway.factoryId }));
    await watcher.untilWaiting(2);

    await other.rollback();

    expect(await deleting).toEqual([gateway.id]);
    expect(await creating).toBeInstanceOf(UnknownFactoryError);
    expect(await watcher.query('SELECT id FROM gateways')).toEqual([{ id: gateway.id }]);
  });

  it('REPO-05: a delete that comes second also deletes the new gateway, and returns it', async () => {
    const factory = await store.addFactory();
    const elsewhere = await store.addFactory({ organizationId: factory.organizationId });
    await other.hold(INSERT_GATEWAY, [elsewhere.id, 'GW-1']);
    const creating = store.addGateway({ factoryId: factory.id, label: 'GW-1' }); // Has its factory, waits for the label.
    await watcher.untilWaiting(1);
    const deleting = store.factories.softDelete(SYSTEM, factory.id);
    await watcher.untilWaiting(2);

    await other.rollback();

    const { id } = await creating;
    expect(await deleting).toEqual([id]);
    expect(await store.gateways.findById(SYSTEM, id)).toBeNull();
    expect(await findOrphans()).toEqual([]);
  });

  it('a factory delete that is rolled back lets the create succeed', async () => {
    const factory = await store.addFactory();
    await other.hold('UPDATE factories SET deleted_at = now() WHERE id = $1', [factory.id]);
    const creating = store.addGateway({ factoryId: factory.id });
    await watcher.untilWaiting(1);

    await other.rollback();

    expect(await creating).toMatchObject({ factoryId: factory.id });
  });

  it('creates in one factory do not wait for each other', async () => {
    const factory = await store.addFactory();
    await other.hold('SELECT FROM factories WHERE id = $1 FOR SHARE', [factory.id]);

    await expect(store.addGateway({ factoryId: factory.id })).resolves.toBeDefined();

    await other.rollback();
  });

  it('REPO-05: after many concurrent creates and deletes, no gateway outlives its factory, and every result is true', async () => {
    const factories = await Promise.all(Array.from({ length: 12 }, () => store.addFactory()));
    const attempts = factories.flatMap(({ id }) => [
      ...Array.from({ length: 6 }, () => () => outcomeOf(store.addGateway({ factoryId: id }))),
      () => store.factories.softDelete(SYSTEM, id),
      () => store.factories.softDelete(SYSTEM, id),
      ...Array.from({ length: 6 }, () => () => outcomeOf(store.addGateway({ factoryId: id }))),
    ]);
    const outcomes: unknown[] = [];
    await inParallel(inRandomOrder(attempts), 20, async (attempt) => outcomes.push(await attempt()));

    expect(await findOrphans()).toEqual([]);
    expect((await store.gateways.findAll(SYSTEM, ALL)).total).toBe(0); // Every factory was deleted, once.
    const created = outcomes.filter((outcome): outcome is GatewayRow => hasId(outcome)).map(({ id }) => id);
    const refused = outcomes.filter((outcome) => outcome instanceof UnknownFactoryError);
    const deletes = outcomes.filter((outcome) => Array.isArray(outcome) || outcome === null);
    expect(created.length + refused.length + deletes.length).toBe(outcomes.length);
    expect(deletes.filter((outcome) => outcome === null)).toHaveLength(factories.length);
    // Each gateway that was created was named by exactly one delete.
    expect(
      deletes
        .filter((outcome) => outcome !== null)
        .flat()
        .sort(),
    ).toEqual(created.sort());
    expect([created.length > 0, refused.length > 0]).toEqual([true, true]); // Both orders came up.
  });
});

describe('a factory is created while its organization is deleted', () => {
  const DELETE = 'UPDATE organizations SET deleted_at = now() WHERE id = $1';
  // Each row waits once the organization is locked: a lock on the table would stop the statement before that.
  const PAUSE_INSERTS = `
    CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$;
    CREATE TRIGGER pause BEFORE INSERT ON factories FOR EACH ROW EXECUTE FUNCTION pause()`;

  it('REPO-05: a create that comes second finds no organization', async () => {
    const organization = (await store.organizations.create(SYSTEM, { name: 'Acme' })).row;
    await other.hold(DELETE, [organization.id]);
    const creating = outcomeOf(store.factories.create(SYSTEM, { organizationId: organization.id, name: 'late' }));
    await watcher.untilWaiting(1);

    await other.commit();

    expect(await creating).toBeInstanceOf(UnknownOrganizationError);
    expect(await findOrphans()).toEqual([]);
  });

  it('REPO-05: a delete that comes second sees the new factory', async () => {
    const organization = (await store.organizations.create(SYSTEM, { name: 'Acme' })).row;
    await watcher.query(PAUSE_INSERTS);
    await other.hold('SELECT pg_advisory_xact_lock(1)');
    const creating = store.factories.create(SYSTEM, { organizationId: organization.id, name: 'just in time' });
    await watcher.untilWaiting(1);
    await third.query('BEGIN');
    const deleting = third.query(DELETE, [organization.id]);
    await watcher.untilWaiting(2);

    await other.rollback();

    const { id } = (await creating).row;
    await deleting;
    expect(await third.query('SELECT id FROM factories WHERE deleted_at IS NULL')).toEqual([{ id }]);
    await third.rollback();
    await watcher.query('DROP FUNCTION pause() CASCADE');
  });
});

describe('a factory is changed while it is deleted', () => {
  let factory: FactoryRow;

  beforeEach(async () => {
    factory = await store.addFactory();
  });

  it('REPO-05: an update that comes second changes nothing', async () => {
    await other.hold('UPDATE factories SET deleted_at = now() WHERE id = $1', [factory.id]);
    const updating = store.factories.update(SYSTEM, factory.id, { name: 'changed' });
    await watcher.untilWaiting(1);

    await other.commit();

    expect(await updating).toBeNull();
    expect(await store.rowOf('factories', factory.id)).toMatchObject({ name: 'Springfield' });
  });

  it('REPO-05: only one of two deletes takes effect', async () => {
    await other.hold('SELECT FROM factories WHERE id = $1 FOR UPDATE', [factory.id]);
    const deletes = [store.factories.softDelete(SYSTEM, factory.id), store.factories.softDelete(SYSTEM, factory.id)];
    await watcher.untilWaiting(2);

    await other.rollback();

    expect((await Promise.all(deletes)).sort()).toEqual([[], null]);
  });
});

describe('a gateway is changed while it is deleted', () => {
  it.each<[string, (id: string) => Promise<unknown>, unknown]>([
    ['update', (id) => store.gateways.update(SYSTEM, id, { name: 'changed' }), null],
    ['update of the password', (id) => store.gateways.update(SYSTEM, id, { password: Secret.of('other') }), null],
    ['setDesiredState', (id) => store.gateways.setDesiredState(SYSTEM, id, 'disconnected'), null],
    ['softDelete', (id) => store.gateways.softDelete(SYSTEM, id), false],
  ])('REPO-05: %s that comes second changes nothing', async (_, write, expected) => {
    const { id } = await store.addGateway();
    await other.hold('UPDATE gateways SET deleted_at = now() WHERE id = $1', [id]);
    const writing = write(id);
    await watcher.untilWaiting(1);

    await other.commit();
    const deleted = await store.rowOf('gateways', id);

    expect(await writing).toEqual(expected);
    expect(await store.rowOf('gateways', id)).toEqual(deleted);
  });
});

describe('one gateway_id is requested twice', () => {
  it('REPO-04: a create that waits for another is rejected when that one commits', async () => {
    const { id } = await store.addFactory();
    await other.hold(INSERT_GATEWAY, [id, 'GW-1']);
    const creating = outcomeOf(store.addGateway({ factoryId: id, label: 'GW-1' }));
    await watcher.untilWaiting(1);

    await other.commit();

    expect(await creating).toBeInstanceOf(GatewayIdTakenError);
  });

  it('REPO-04: exactly one of many concurrent creates succeeds, and the others fail with the reason', async () => {
    const one = await store.addFactory();
    const factories = [one, await store.addFactory({ organizationId: one.organizationId })];
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        outcomeOf(store.addGateway({ factoryId: factories[index % 2]?.id ?? '', label: 'GW-1' })),
      ),
    );

    expect(outcomes.filter(hasId)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome instanceof GatewayIdTakenError)).toHaveLength(19);
    expect((await store.gateways.findAll(SYSTEM, ALL)).total).toBe(1);
  });

  it.each([
    ['is refused when that one stays', (side: SideConnection) => side.commit(), GatewayIdTakenError],
    ['succeeds when that one is taken back', (side: SideConnection) => side.rollback(), null],
  ])('REPO-04: a rename that waits for another %s', async (_, end, refusal) => {
    const { id, factoryId } = await store.addGateway();
    await other.hold(INSERT_GATEWAY, [factoryId, 'GW-1']);
    const renaming = outcomeOf(store.gateways.update(SYSTEM, id, { label: 'GW-1' }));
    await watcher.untilWaiting(1);

    await end(other);

    if (refusal) expect(await renaming).toBeInstanceOf(refusal);
    else expect(await renaming).toMatchObject({ id, label: 'GW-1' });
  });

  it('REPO-04: a label becomes free when the delete of its gateway commits', async () => {
    const { id, factoryId } = await store.addGateway({ label: 'GW-1' });
    await other.hold('UPDATE gateways SET deleted_at = now() WHERE id = $1', [id]);
    const creating = store.addGateway({ factoryId, label: 'GW-1' });
    await watcher.untilWaiting(1);

    await other.commit();

    expect(await creating).toMatchObject({ label: 'GW-1' });
  });

  it('REPO-04: a rename to the label of a gateway whose factory is being deleted does not deadlock', async () => {
    const factory = await store.addFactory();
    const [first, second] = (await store.addGateways(factory.id, 2)) as [GatewayRow, GatewayRow];
    // As `update` does: it has its row, and then wants the label.
    await other.hold('SELECT FROM gateways WHERE id = $1 FOR UPDATE', [second.id]);
    const deleting = store.factories.softDelete(SYSTEM, factory.id); // Has the first, waits for the second.
    await watcher.untilWaiting(1);

    await expect(
      other.query('UPDATE gateways SET gateway_id = $2 WHERE id = $1', [second.id, first.label]),
    ).rejects.toMatchObject({ constraint: 'uq_gateways_organization_id_gateway_id' });
    await other.rollback();

    expect((await deleting)?.sort()).toEqual([first.id, second.id]);
  });

  it("REPO-04: renames to each other's label deadlock, and fail with GatewayIdTakenError as well", async () => {
    const factory = await store.addFactory();
    const [first, second] = (await store.addGateways(factory.id, 2)) as [GatewayRow, GatewayRow];
    await other.hold(`UPDATE gateways SET gateway_id = 'free' WHERE id = $1`, [second.id]);
    const renaming = outcomeOf(store.gateways.update(SYSTEM, first.id, { label: second.label }));
    await watcher.untilWaiting(1);

    // The first to wait notices the circle a second later and is ended; the second one only if this machine stalls for that second.
    const ended = await outcomeOf(
      other.query('UPDATE gateways SET gateway_id = $2 WHERE id = $1', [second.id, first.label]),
    );
    const { constraint, code } = ended as { constraint?: string; code?: string };
    expect(['uq_gateways_organization_id_gateway_id', '40P01']).toContain(constraint ?? code);
    await other.rollback();

    expect(await renaming).toBeInstanceOf(GatewayIdTakenError);
    expect(await store.gateways.findById(SYSTEM, first.id)).toMatchObject({ label: first.label });
  });
});

describe('last_seen_at is written while others write', () => {
  const sightingsOf = (gateways: readonly GatewayRow[], at = new Date()) =>
    gateways.map(({ id }) => ({ gatewayId: id, at }));

  async function findSeen(): Promise<string[]> {
    const rows = await watcher.query<{ id: string }>(
      'SELECT id FROM gateways WHERE last_seen_at IS NOT NULL ORDER BY id',
    );
    return rows.map(({ id }) => id);
  }

  it('STATUS-05: a locked row is skipped and not returned, and written by the next call', async () => {
    const gateways = (await store.addGateways((await store.addFactory()).id, 5)) as [GatewayRow, ...GatewayRow[]];
    const [held, ...free] = gateways;
    await other.hold('SELECT FROM gateways WHERE id = $1 FOR UPDATE', [held.id]);

    expect((await store.gateways.recordSightings(sightingsOf(gateways))).sort()).toEqual(free.map(({ id }) => id));
    expect(await findSeen()).toEqual(free.map(({ id }) => id));

    await other.rollback();
    expect(await store.gateways.recordSightings(sightingsOf([held]))).toEqual([held.id]);
  });

  it('STATUS-05: during the delete of a factory, a batch neither waits nor writes deleted rows', async () => {
    const { id: factoryId } = await store.addFactory();
    const doomed = await store.addGateways(factoryId, 4);
    const last = doomed[3]?.id ?? '';
    const alive = await store.addGateway();
    await other.hold('SELECT FROM gateways WHERE id = $1 FOR UPDATE', [last]);
    const deleting = store.factories.softDelete(SYSTEM, factoryId); // Has three of them, waits for the last.
    await watcher.untilWaiting(1);

    expect(await store.gateways.recordSightings(sightingsOf([...doomed, alive]))).toEqual([alive.id]);

    await other.rollback();
    expect(await deleting).toHaveLength(4);
    expect(await store.gateways.recordSightings(sightingsOf([...doomed, alive]))).toEqual([alive.id]);
    expect(await findSeen()).toEqual([alive.id]);
  });

  it('STATUS-05: the delete of a factory waits for a batch that has its rows, and then deletes them all', async () => {
    const { id: factoryId } = await store.addFactory();
    const gateways = await store.addGateways(factoryId, 3);
    await other.hold(
      `UPDATE gateways SET last_seen_at = now() WHERE id IN (SELECT id FROM gateways FOR NO KEY UPDATE SKIP LOCKED)`,
    );
    const deleting = store.factories.softDelete(SYSTEM, factoryId);
    await watcher.untilWaiting(1);

    await other.commit();

    expect((await deleting)?.sort()).toEqual(gateways.map(({ id }) => id));
  });

  it('STATUS-05: hundreds of rows in opposite orders, during deletes and changes, never deadlock', async () => {
    const rows = 300;
    const factories = [await store.addFactory(), await store.addFactory()] as const;
    const doomed = await store.addGateways(factories[0].id, rows);
    const alive = await store.addGateways(factories[1].id, rows);
    const forward = [...doomed, ...alive];
    const backward = [...forward].reverse();

    const batches = Array.from({ length: 12 }, (_, index) => index).map((index) =>
      store.gateways.recordSightings(sightingsOf(index % 2 === 0 ? forward : backward)),
    );
    const changes = backward
      .filter((_, index) => index % 10 === 0)
      .map(({ id }) => store.gateways.update(SYSTEM, id, { name: 'x' }));
    const [deleted] = await Promise.all([store.factories.softDelete(SYSTEM, factories[0].id), ...batches, ...changes]);

    expect(deleted).toHaveLength(rows);
    // Whoever was skipped is written by the next call, and nobody who is gone.
    const written = await store.gateways.recordSightings(sightingsOf(backward));
    expect(written.sort()).toEqual(alive.map(({ id }) => id));
    const [late] = await watcher.query<{ count: number }>(
      `SELECT count(*)::int FROM gateways WHERE deleted_at IS NOT NULL AND last_seen_at > deleted_at + interval '10 s'`,
    );
    expect(late).toEqual({ count: 0 });
  });
});

describe('one gateway is changed several times at once', () => {
  async function changeBoth(
    before: string,
    one: string,
    two: string,
    waiting = 2,
  ): Promise<{ id: string; versions: number[] }> {
    const { id } = await store.addGateway({ password: Secret.of(before) });
    await other.hold('SELECT FROM gateways WHERE id = $1 FOR UPDATE', [id]);
    const updates = [one, two].map((password) => store.gateways.update(SYSTEM, id, { password: Secret.of(password) }));
    await watcher.untilWaiting(waiting);
    await other.rollback();
    return { id, versions: (await Promise.all(updates)).map((row) => row?.connectionVersion ?? 0).sort() };
  }

  async function findPassword(id: string): Promise<string | undefined> {
    return (await store.gateways.findTargets(SYSTEM, [id]))[0]?.password.reveal();
  }

  it('GATEWAY-04: to the same new password: counts as one change', async () => {
    const { id, versions } = await changeBoth('old', 'new', 'new');

    expect(versions).toEqual([2, 2]);
    expect(await findPassword(id)).toBe('new');
  });

  it('GATEWAY-04: to two different passwords: counts as two changes', async () => {
    const { id, versions } = await changeBoth('old', 'new', 'newer');

    expect(versions).toEqual([2, 3]);
    expect(await store.rowOf('gateways', id)).toMatchObject({ connection_version: 3 });
    expect(['new', 'newer']).toContain(await findPassword(id));
  });

  it('GATEWAY-04: to a new password and to the old one: the second update compares with the result of the first', async () => {
    const { id, versions } = await changeBoth('old', 'new', 'old', 1); // The stored password is no change, and waits for no lock.

    // Back after away: two changes. Back before away: no change, then one.
    expect([
      [1, 2],
      [2, 3],
    ]).toContainEqual(versions);
    expect(await findPassword(id)).toBe(versions[1] === 3 ? 'old' : 'new');
  });

  it('GATEWAY-04: url and e-mail changed at once: both are stored, and each is counted', async () => {
    const { id } = await store.addGateway();
    await other.hold('SELECT FROM gateways WHERE id = $1 FOR UPDATE', [id]);
    const updates = [
      store.gateways.update(SYSTEM, id, { url: 'ws://b' }),
      store.gateways.update(SYSTEM, id, { email: 'c@d' }),
    ];
    await watcher.untilWaiting(2);
    await other.rollback();
    await Promise.all(updates);

    expect(await store.gateways.findById(SYSTEM, id)).toMatchObject({
      url: 'ws://b',
      email: 'c@d',
      connectionVersion: 3,
    });
  });

  it('GATEWAY-04: one url set many times at once: counts as one change', async () => {
    const { id } = await store.addGateway();
    await Promise.all(Array.from({ length: 10 }, () => store.gateways.update(SYSTEM, id, { url: 'ws://b' })));

    expect(await store.gateways.findById(SYSTEM, id)).toMatchObject({ connectionVersion: 2 });
  });
});

function hasId(outcome: unknown): outcome is { id: string } {
  return typeof outcome === 'object' && outcome !== null && 'id' in outcome;
}

function inRandomOrder<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
