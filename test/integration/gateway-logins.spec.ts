import { SYSTEM } from '../../src/common/actor';
import { Secret } from '../../src/crypto/secret';
import type { TlsSettings } from '../../src/gateway-client/transport/tls-settings';
import type { LoginRecord } from '../../src/gateways/connection-target';
import { GatewayLogin } from '../../src/login-budget/gateway-login.entity';
import { GatewayLoginsRepository } from '../../src/login-budget/gateway-logins.repository';
import type { LoginOutcome, LoginTry } from '../../src/login-budget/gateway-logins.repository';
import type { GatewayChanges } from '../../src/gateways/gateways.repository';
import { SideConnection } from './support/side-connection';
import { Store } from './support/store';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const began = performance.now();
const next = began + 300_000;
/** The database and this process read different clocks, in steps of a millisecond. */
const CLOCK_STEP_MS = 1;
const unproven: LoginRecord = { accepted: false, refusals: 0, nextLoginAt: null };
const refusedOnce: LoginRecord = { accepted: false, refusals: 1, nextLoginAt: next };
const refusedTwice: LoginRecord = { ...refusedOnce, refusals: 2 };
const spent: LoginRecord = { ...refusedOnce, refusals: 3 };

let store: Store;
let other: SideConnection;
let watcher: SideConnection;

beforeAll(async () => {
  store = await Store.create();
  [other, watcher] = [await SideConnection.open(store.database), await SideConnection.open(store.database)];
});

afterEach(async () => {
  await store.sql('TRUNCATE organizations CASCADE');
});

afterAll(async () => {
  await other.close();
  await watcher.close();
  await store.drop();
});

/** A gateway whose login has met this so far. */
async function aGatewayWith(record: LoginRecord, password = 'correct horse'): Promise<LoginTry> {
  const { id } = await store.addGateway({ password: Secret.of(password), tls: { fingerprint256: 'AA' } });
  await store.sql(
    `INSERT INTO gateway_logins VALUES ($1, 1, $2, $3, now() + $4::float8 * interval '1 ms') RETURNING gateway_id`,
    [id, record.accepted, record.refusals, record.nextLoginAt && record.nextLoginAt - performance.now()],
  );
  return { gatewayId: id, connectionVersion: 1 };
}

/** What the table says of a login, as a session reads it. */
async function loginOf({ gatewayId }: LoginTry): Promise<LoginRecord | undefined> {
  const login = (await store.gateways.findTargets(SYSTEM, [gatewayId]))[0]?.login;
  // It is stored and comes back as a wait, and so grows by as long as the statements take.
  const waited = (login?.nextLoginAt ?? 0) - next;
  const isNext = waited >= -CLOCK_STEP_MS && waited <= performance.now() - began;
  return login && isNext ? { ...login, nextLoginAt: next } : login;
}

/** The rows of every version of a gateway's login, the oldest first. */
function rowsOf({ gatewayId }: Pick<LoginTry, 'gatewayId'>): Promise<object[]> {
  return store.sql('SELECT * FROM gateway_logins WHERE gateway_id = $1 ORDER BY connection_version', [gatewayId]);
}

const anOutcome = (login: LoginTry, changes: Partial<LoginOutcome> = {}): LoginOutcome => ({
  ...login,
  isAccepted: false,
  refusals: 0,
  nextLoginAt: null,
  ...changes,
});

describe('recordTries', () => {
  it.each([
    ['was never tried', unproven, 'granted', 1],
    ['was refused twice', refusedTwice, 'granted', 3],
    ['was accepted, and refused since', { ...refusedTwice, accepted: true }, 'granted', 3],
    ['was refused three times', spent, 'spent', 3],
    ['was tried three times, and nobody knows what came of it', { ...spent, nextLoginAt: null }, 'granted', 4],
  ])('returns a verdict on a login that %s: %j', async (_, record, verdict, refusals) => {
    const login = await aGatewayWith(record);

    expect(await store.logins.recordTries([login])).toEqual([verdict]);

    expect(await loginOf(login)).toEqual({ ...record, refusals });
  });

  it('grants three tries of a login whose refusals are known, and no more', async () => {
    const login = await aGatewayWith(unproven);
    const verdicts: (string | undefined)[] = [];
    for (let i = 0; i < 5; i += 1) {
      const [verdict] = await store.logins.recordTries([login]);
      verdicts.push(verdict);
      if (verdict === 'granted') await store.logins.recordOutcomes([anOutcome(login, { nextLoginAt: next })]);
    }
    expect(verdicts).toEqual(['granted', 'granted', 'granted', 'spent', 'spent']);
  });

  it('counts from zero for a new gateway', async () => {
    const { id } = await store.addGateway();
    const login = { gatewayId: id, connectionVersion: 1 };
    expect([await loginOf(login), await rowsOf(login)]).toEqual([unproven, []]);

    expect(await store.logins.recordTries([login])).toEqual(['granted']);

    expect(await loginOf(login)).toEqual({ ...unproven, refusals: 1 });
  });

  it.each([0, 2])('returns outdated for version %d, and changes nothing', async (connectionVersion) => {
    const login = await aGatewayWith(refusedOnce);

    expect(await store.logins.recordTries([{ ...login, connectionVersion }])).toEqual(['outdated']);

    expect(await loginOf(login)).toEqual(refusedOnce);
  });

  it('returns outdated for a deleted or unknown gateway', async () => {
    const login = await aGatewayWith(unproven);
    await store.gateways.softDelete(SYSTEM, login.gatewayId);
    const before = await rowsOf(login);

    const nobody = { gatewayId: NOBODY, connectionVersion: 1 };
    expect(await store.logins.recordTries([login, nobody])).toEqual(['outdated', 'outdated']);

    expect(await rowsOf(login)).toEqual(before);
  });

  it('returns busy for a locked row, and does not wait', async () => {
    const [held, free] = [await aGatewayWith(unproven), await aGatewayWith(unproven)];
    await other.hold('SELECT id FROM gateways WHERE id = $1 FOR UPDATE', [held.gatewayId]);
    try {
      expect(await store.logins.recordTries([held, free])).toEqual(['busy', 'granted']);
    } finally {
      await other.rollback();
    }
    expect(await store.logins.recordTries([held])).toEqual(['granted']);
    expect(await loginOf(held)).toEqual({ ...unproven, refusals: 1 });
  });

  it('answers a thousand tries of all kinds in one call, in the given order', async () => {
    const { factoryId } = await store.addGateway();
    const rows = await store.addGateways(factoryId, 1000);
    const at = (i: number, kind: number) => i % 4 === kind;
    const idsOf = (kind: number) => rows.filter((_, i) => at(i, kind)).map(({ id }) => id);
    await store.sql(
      `INSERT INTO gateway_logins SELECT id, 1, false, 3, now() FROM unnest($1::uuid[]) AS id RETURNING gateway_id`,
      [idsOf(1)],
    );
    await other.hold('SELECT id FROM gateways WHERE id = ANY($1) FOR UPDATE', [idsOf(3)]);
    const tries = rows.map(({ id }, i) => ({ gatewayId: id, connectionVersion: at(i, 2) ? 7 : 1 })).reverse();
    try {
      const kinds = ['granted', 'spent', 'outdated', 'busy'];
      expect(await store.logins.recordTries(tries)).toEqual(rows.map((_, i) => kinds[i % 4]).reverse());
    } finally {
      await other.rollback();
    }
    const [{ sum } = { sum: NaN }] = await store.sql<{ sum: number }>(
      'SELECT sum(refusals)::int AS sum FROM gateway_logins',
    );
    expect(sum).toBe(250 + 3 * 250);
  });

  it('grants no more tries than are left to concurrent calls', async () => {
    const login = await aGatewayWith(refusedOnce);
    const verdicts: string[] = [];
    while (verdicts.length < 8) {
      const answers = await Promise.all(Array.from({ length: 4 }, () => store.logins.recordTries([login])));
      verdicts.push(...answers.flat().filter((verdict) => verdict !== 'busy'));
    }
    expect(verdicts.filter((verdict) => verdict === 'granted')).toHaveLength(2);
    expect(await loginOf(login)).toEqual(spent);
  });
});

describe('recordOutcomes', () => {
  it.each<[string, LoginRecord, Partial<LoginOutcome>, LoginRecord]>([
    ['was accepted', { ...spent, refusals: 2 }, { isAccepted: true }, { ...unproven, accepted: true }],
    ['was recorded and refused', { ...unproven, refusals: 1 }, { nextLoginAt: next }, refusedOnce],
    [
      'was refused without a record',
      { ...unproven, accepted: true },
      { refusals: 1, nextLoginAt: next },
      { ...refusedOnce, accepted: true },
    ],
    ['was not answered', refusedTwice, { refusals: -1 }, refusedOnce],
    ['is taken back once too often', unproven, { refusals: -1 }, unproven],
    [
      'was accepted, and refused after that',
      spent,
      { isAccepted: true, refusals: 1, nextLoginAt: next },
      { ...refusedOnce, accepted: true },
    ],
  ])('stores the outcome of a login that %s', async (_, before, outcome, after) => {
    const login = await aGatewayWith(before);

    expect(await store.logins.recordOutcomes([anOutcome(login, outcome)])).toEqual([login.gatewayId]);

    expect(await loginOf(login)).toEqual(after);
  });

  it('ignores another version, a deleted gateway and an unknown one, and reports them as done', async () => {
    const [current, gone] = [await aGatewayWith(refusedOnce), await aGatewayWith(refusedOnce)];
    await store.gateways.softDelete(SYSTEM, gone.gatewayId);
    const told = [{ ...current, connectionVersion: 2 }, gone, { gatewayId: NOBODY, connectionVersion: 1 }];

    const done = await store.logins.recordOutcomes(told.map((login) => anOutcome(login, { isAccepted: true })));

    expect(done.toSorted()).toEqual(told.map(({ gatewayId }) => gatewayId).toSorted());
    expect(await loginOf(current)).toEqual(refusedOnce);
    expect(await rowsOf(gone)).toMatchObject([{ accepted: false, refusals: 1 }]);
  });

  it('counts nothing for an earlier version, before and after the new login is tried', async () => {
    const login = await aGatewayWith(refusedOnce);
    await store.gateways.update(SYSTEM, login.gatewayId, { email: 'other@example.org' });
    const late = anOutcome(login, { refusals: 1, nextLoginAt: next });

    expect(await store.logins.recordOutcomes([late])).toEqual([login.gatewayId]);
    expect(await loginOf(login)).toEqual(unproven);
    await store.logins.recordTries([{ ...login, connectionVersion: 2 }]);
    expect(await store.logins.recordOutcomes([late])).toEqual([login.gatewayId]);

    expect(await loginOf(login)).toEqual({ ...unproven, refusals: 1 });
    expect(await rowsOf(login)).toMatchObject([{ refusals: 1 }, { refusals: 1 }]);
  });

  it('adds a missing row, and stores the outcome when it is called again', async () => {
    const { id } = await store.addGateway();
    const outcome = anOutcome({ gatewayId: id, connectionVersion: 1 }, { refusals: 1, nextLoginAt: next });

    expect(await store.logins.recordOutcomes([outcome])).toEqual([]);
    expect(await loginOf(outcome)).toEqual(unproven);
    expect(await store.logins.recordOutcomes([outcome])).toEqual([id]);

    expect(await loginOf(outcome)).toEqual(refusedOnce);
  });

  it('skips a locked row, and stores the outcome when it is called again', async () => {
    const [held, free] = [await aGatewayWith(unproven), await aGatewayWith(unproven)];
    const outcomes = [held, free].map((login) => anOutcome(login, { isAccepted: true }));
    await other.hold('SELECT id FROM gateways WHERE id = $1 FOR UPDATE', [held.gatewayId]);
    try {
      expect(await store.logins.recordOutcomes(outcomes)).toEqual([free.gatewayId]);
    } finally {
      await other.rollback();
    }
    expect(await loginOf(held)).toEqual(unproven);
    expect(await store.logins.recordOutcomes(outcomes.slice(0, 1))).toEqual([held.gatewayId]);
  });

  it('does not change the revision or updated_at of the gateway', async () => {
    const login = await aGatewayWith(unproven);
    const { revision, updated_at } = await store.rowOf('gateways', login.gatewayId);
    await store.logins.recordTries([login]);
    await store.logins.recordOutcomes([anOutcome(login, { isAccepted: true })]);
    await store.gateways.recordSightings([{ gatewayId: login.gatewayId, at: new Date() }]);

    expect(await store.rowOf('gateways', login.gatewayId)).toMatchObject({ revision, updated_at });
  });
});

describe('a statement that began before a concurrent change', () => {
  const late = (login: LoginTry) => anOutcome(login, { refusals: 1, nextLoginAt: next });

  /** Begins a statement, lets `meanwhile` happen once the statement sees the tables as they were, and then lets it go on. */
  async function begunBefore<Result>(
    begin: (logins: GatewayLoginsRepository) => Promise<Result>,
    meanwhile: () => Promise<unknown>,
  ): Promise<Result> {
    const rows = store.dataSource.getRepository(GatewayLogin);
    const waiting = rows.extend({
      query: (sql: string, values?: unknown[]) =>
        rows.query(sql.replace('FROM unnest', 'FROM pg_advisory_xact_lock_shared(1), unnest'), values),
    }) as typeof rows;
    await other.hold('SELECT pg_advisory_xact_lock(1)');
    const begun = begin(new GatewayLoginsRepository(waiting));
    await watcher.untilWaiting(1);
    await meanwhile();
    await other.rollback();
    return begun;
  }

  it('grants nothing to a version that was replaced', async () => {
    const login = await aGatewayWith(refusedOnce);
    const change = () => store.gateways.update(SYSTEM, login.gatewayId, { email: 'other@example.org' });

    expect(await begunBefore((logins) => logins.recordTries([login]), change)).toEqual(['outdated']);

    expect(await rowsOf(login)).toMatchObject([{ connection_version: 1, refusals: 1 }]);
  });

  it('counts nothing for a version that was replaced, and reports it as done', async () => {
    const login = await aGatewayWith(refusedOnce);
    const change = () => store.gateways.update(SYSTEM, login.gatewayId, { email: 'other@example.org' });

    const done = await begunBefore((logins) => logins.recordOutcomes([late(login)]), change);

    expect(done).toEqual([login.gatewayId]);
    expect(await rowsOf(login)).toMatchObject([{ connection_version: 1, refusals: 1 }]);
  });

  it('writes nothing for a gateway that was deleted', async () => {
    const login = await aGatewayWith(refusedOnce);
    const softDelete = () => store.gateways.softDelete(SYSTEM, login.gatewayId);

    expect(await begunBefore((logins) => logins.recordTries([login]), softDelete)).not.toEqual(['granted']);

    expect(await rowsOf(login)).toMatchObject([{ refusals: 1 }]);
  });

  it('grants no more than the other statements left', async () => {
    const login = await aGatewayWith(refusedTwice);
    const spend = () => store.logins.recordTries([login]);

    expect(await begunBefore((logins) => logins.recordTries([login]), spend)).toEqual(['spent']);

    expect(await loginOf(login)).toEqual(spent);
  });

  it('adds to what the other statements stored', async () => {
    const login = await aGatewayWith(refusedOnce);
    const refuse = () => store.logins.recordOutcomes([late(login)]);

    const done = await begunBefore((logins) => logins.recordOutcomes([late(login)]), refuse);

    expect([done, await loginOf(login)]).toEqual([[login.gatewayId], spent]);
  });

  it('must be repeated if another statement added the row meanwhile', async () => {
    const { id } = await store.addGateway();
    const login = { gatewayId: id, connectionVersion: 1 };
    const record = () => store.logins.recordTries([login]);

    expect(await begunBefore((logins) => logins.recordOutcomes([late(login)]), record)).toEqual([]);
    expect(await store.logins.recordOutcomes([late(login)])).toEqual([id]);

    expect(await loginOf(login)).toEqual(refusedTwice);
  });
});

describe('a change of the gateway', () => {
  const accepted: LoginRecord = { ...refusedTwice, accepted: true };

  it.each<[string, GatewayChanges]>([
    ['another url', { url: 'wss://10.0.0.8' }],
    ['another e-mail', { email: 'other@example.org' }],
    ['another password', { password: Secret.of('other') }],
    ['other tls', { tls: { insecure: true } }],
    ['no tls', { tls: null }],
  ])('starts a new login budget: %s', async (_, changes) => {
    const login = await aGatewayWith(accepted);

    expect(await store.gateways.update(SYSTEM, login.gatewayId, changes)).toMatchObject({
      connectionVersion: 2,
      revision: 2,
    });

    expect(await loginOf(login)).toEqual(unproven);
    expect(await store.logins.recordTries([login])).toEqual(['outdated']);
  });

  it.each<[string, GatewayChanges]>([
    ['the same url', { url: 'ws://10.0.0.7:5000' }],
    ['the same e-mail', { email: 'ops@example.org' }],
    ['the same password', { password: Secret.of('correct horse') }],
    ['the same tls', { tls: { fingerprint256: 'AA' } }],
    ['another name', { name: 'other', label: 'GW-OTHER', metadata: { a: 1 } }],
  ])('leaves the login budget unchanged: %s', async (_, changes) => {
    const login = await aGatewayWith(accepted);

    expect(await store.gateways.update(SYSTEM, login.gatewayId, changes)).toMatchObject({ connectionVersion: 1 });

    expect(await loginOf(login)).toEqual(accepted);
  });

  it('compares tls by its value, whatever the order of its fields', async () => {
    const [pem, fingerprint256] = ['a certificate', 'BB'];
    const sent: TlsSettings = { ca: pem, fingerprint256 };
    const { id } = await store.addGateway({ tls: sent });

    expect(await store.gateways.update(SYSTEM, id, { tls: { fingerprint256, ca: pem } })).toMatchObject({
      tls: sent,
      connectionVersion: 1,
      revision: 1,
    });
  });

  it('is no change if tls was null and stays null, which is stored as SQL NULL', async () => {
    const { id } = await store.addGateway();

    expect(await store.gateways.update(SYSTEM, id, { tls: null })).toMatchObject({ connectionVersion: 1, revision: 1 });
    expect(await store.sql('SELECT id FROM gateways WHERE tls IS NULL')).toHaveLength(1);

    expect(await store.gateways.update(SYSTEM, id, { tls: { insecure: true } })).toMatchObject({
      connectionVersion: 2,
    });
    expect(await store.gateways.update(SYSTEM, id, { tls: null })).toMatchObject({ connectionVersion: 3, tls: null });
    expect(await store.sql('SELECT id FROM gateways WHERE tls IS NULL')).toHaveLength(1);
  });
});

describe('an order of an operator', () => {
  it.each([
    ['is silent', spent, 2],
    ['has been silent for long', { ...spent, refusals: 9 }, 2],
    ['waits for its time', refusedOnce, 1],
  ])('grants exactly one immediate login to a gateway that %s', async (_, record, refusals) => {
    const login = await aGatewayWith(record);

    await store.logins.grant([login.gatewayId]);
    await store.logins.grant([login.gatewayId]);

    const granted = await loginOf(login);
    expect(granted).toMatchObject({ accepted: false, refusals });
    expect(granted?.nextLoginAt).toBeLessThanOrEqual(performance.now());
    const verdicts = [];
    for (let i = refusals; i < 4; i += 1) verdicts.push(...(await store.logins.recordTries([login])));
    expect(verdicts.slice(-2)).toEqual(['granted', 'spent']);
  });

  it.each(['connected', 'disconnected'] as const)('grants no login if it only stores %s', async (desiredState) => {
    const login = await aGatewayWith(spent);

    await store.gateways.setDesiredState(SYSTEM, login.gatewayId, desiredState);

    expect(await loginOf(login)).toEqual(spent);
  });

  it('does not mark a login with an unknown outcome as refused', async () => {
    const login = await aGatewayWith({ ...unproven, refusals: 5 });

    await store.logins.grant([login.gatewayId]);

    expect(await loginOf(login)).toEqual({ ...unproven, refusals: 2 });
  });

  it('does not change an accepted login', async () => {
    const login = await aGatewayWith({ ...unproven, accepted: true });
    const before = await rowsOf(login);

    await store.logins.grant([login.gatewayId]);

    expect(await rowsOf(login)).toEqual(before);
  });

  it('grants nothing to a login that was never tried, or of an earlier version', async () => {
    const [{ id }, earlier] = [await store.addGateway(), await aGatewayWith(spent)];
    await store.gateways.update(SYSTEM, earlier.gatewayId, { email: 'other@example.org' });
    const before = await rowsOf(earlier);

    await store.logins.grant([id]);
    await store.logins.grant([earlier.gatewayId]);

    expect(await rowsOf({ gatewayId: id })).toEqual([]);
    expect(await rowsOf(earlier)).toEqual(before);
  });
});

describe('deleteOutdated', () => {
  it('deletes the rows of earlier versions and of deleted gateways, and keeps the current ones', async () => {
    const [changed, deleted, current] = [
      await aGatewayWith(spent),
      await aGatewayWith(spent),
      await aGatewayWith(spent),
    ];
    await store.gateways.update(SYSTEM, changed.gatewayId, { email: 'other@example.org' });
    await store.logins.recordTries([{ ...changed, connectionVersion: 2 }]);
    await store.gateways.softDelete(SYSTEM, deleted.gatewayId);

    await store.logins.deleteOutdated();

    expect(await rowsOf(changed)).toMatchObject([{ connection_version: 2, refusals: 1 }]);
    expect(await rowsOf(deleted)).toEqual([]);
    expect(await loginOf(current)).toEqual(spent);
  });
});
