import { randomUUID } from 'node:crypto';
import { AuditRetention } from '../../src/audit/audit-retention';
import type { AuditRepository } from '../../src/audit/audit.repository';
import { firstIdAt } from '../../src/audit/id-time';
import { RefusedRequests } from '../../src/audit/refused-requests';
import { commandActor, EVERYWHERE, SYSTEM } from '../../src/common/actor';
import type { Actor } from '../../src/common/actor';
import { CredentialCipher } from '../../src/crypto/credential-cipher';
import { Secret } from '../../src/crypto/secret';
import type { FactoryRow } from '../../src/factories/factory.entity';
import type { GatewayRow } from '../../src/gateways/gateway.entity';
import { seed } from '../../src/schema/seed';
import { silentLogger } from '../unit-support/silent-logger';
import { auditOf, recordedBy } from './support/audit';
import { statementsOf } from './support/statements';
import { aKey, aNewGateway, configOf, Store } from './support/store';

const DAY_MS = 86_400_000;
const PASSWORD = 'a password that nobody may read';
const CA = '-----BEGIN CERTIFICATE-----\nnot shown\n-----END CERTIFICATE-----\n';

const OPERATOR: Actor = {
  ...SYSTEM,
  kind: 'key',
  id: 'key-7',
  name: 'Line 7',
  origin: { requestId: 'request-1', address: '10.0.0.9', userAgent: 'curl/8.5.0' },
};

let store: Store;
let records: AuditRepository;

beforeAll(async () => {
  store = await Store.create({ cipher: new CredentialCipher(aKey()) });
  records = auditOf(store);
});

afterAll(() => store.drop());

describe('the audit log', () => {
  beforeAll(() => store.addGateway());

  it.each([
    ['UPDATE', `UPDATE audit_log SET actor_name = 'somebody else'`],
    ['UPDATE of no row', `UPDATE audit_log SET actor_name = 'somebody else' WHERE false`],
    ['DELETE', 'DELETE FROM audit_log'],
    ['TRUNCATE', 'TRUNCATE audit_log'],
    ['TRUNCATE with others', 'TRUNCATE organizations, audit_log CASCADE'],
    [
      'INSERT over a row',
      `INSERT INTO audit_log (id, actor_kind, actor_id, actor_name, action) SELECT id, 'key', 'x', 'x', 'gateway.test'
       FROM audit_log LIMIT 1 ON CONFLICT (id) DO UPDATE SET actor_name = 'somebody else'`,
    ],
  ])('SEC-21: refuses %s, also by the owner of the table', async (_, statement) => {
    const before = await records.findBatch(EVERYWHERE, {}, 1000);
    expect(before.length).toBeGreaterThan(0);

    await expect(store.sql(statement)).rejects.toThrow('audit_log is append-only');

    expect(await records.findBatch(EVERYWHERE, {}, 1000)).toEqual(before);
  });

  it('SEC-21: its ids are in the order of time, also within a millisecond', async () => {
    const made = await store.sql<{ id: string }>(`SELECT uuid_v7()::text AS id FROM generate_series(1, 20000)`);
    const times = made.map(({ id }) => id.slice(0, 18));
    expect(times).toEqual(times.toSorted());
    expect(made.every(({ id }) => /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id))).toBe(
      true,
    );
    expect(new Set(times).size).toBeGreaterThan(new Set(times.map((time) => time.slice(0, 13))).size);
  });
});

describe('a change', () => {
  let factory: FactoryRow;
  let gateway: GatewayRow;

  beforeEach(async () => {
    factory = await store.addFactory();
    gateway = await store.addGateway({ factoryId: factory.id });
  });

  it('SEC-21: is recorded with its actor, its request and what changed', async () => {
    const [record, ...others] = await recordedBy(store, () =>
      store.gateways.update(OPERATOR, gateway.id, { name: 'North', model: 'G5' }),
    );

    expect(others).toEqual([]);
    expect(record).toEqual({
      id: expect.any(String) as string,
      at: expect.any(Date) as Date,
      actorKind: 'key',
      actorId: 'key-7',
      actorName: 'Line 7',
      organizationId: factory.organizationId,
      action: 'gateway.update',
      objectType: 'gateway',
      objectId: gateway.id,
      changes: { name: [gateway.name, 'North'], model: [null, 'G5'] },
      outcome: 'done',
      requestId: 'request-1',
      address: '10.0.0.9',
      userAgent: 'curl/8.5.0',
    });
  });

  it('SEC-21: of every kind has exactly one record', async () => {
    const empty = await store.addFactory();
    const changes: [string, () => Promise<unknown>][] = [
      ['organization.create', () => store.organizations.create(SYSTEM, { name: 'Umbra' })],
      ['organization.update', () => store.organizations.update(SYSTEM, factory.organizationId, { name: 'Umbra' })],
      [
        'factory.create',
        () => store.factories.create(SYSTEM, { organizationId: factory.organizationId, name: 'Ogden' }),
      ],
      ['factory.update', () => store.factories.update(SYSTEM, factory.id, { timezone: 'Asia/Tokyo' })],
      ['gateway.create', () => store.gateways.create(SYSTEM, aNewGateway(factory.id))],
      ['gateway.update', () => store.gateways.update(SYSTEM, gateway.id, { password: Secret.of('another') })],
      ['gateway.redirect', () => store.gateways.update(SYSTEM, gateway.id, { url: 'ws://10.0.0.8:5000' })],
      ['gateway.disconnect', () => store.gateways.setDesiredState(SYSTEM, gateway.id, 'disconnected')],
      ['gateway.connect', () => store.gateways.setDesiredState(SYSTEM, gateway.id, 'connected')],
      ['gateway.delete', () => store.gateways.softDelete(SYSTEM, gateway.id)],
      ['factory.delete', () => store.factories.softDelete(SYSTEM, empty.id)],
    ];
    for (const [action, change] of changes) {
      const recorded = await recordedBy(store, change);
      expect([action, recorded.map((record) => record.action)]).toEqual([action, [action]]);
    }
  });

  it('SEC-21: and its record are one statement', async () => {
    const statements = await statementsOf(async () => {
      await store.gateways.update(SYSTEM, gateway.id, { name: 'North' });
      await store.factories.update(SYSTEM, factory.id, { name: 'Ogden' });
      await store.gateways.softDelete(SYSTEM, gateway.id);
    });
    expect(statements).toHaveLength(3);
    expect(statements.every(({ text }) => text.includes('INSERT INTO audit_log'))).toBe(true);
  });

  it('SEC-21: with a cascade has one record for each row', async () => {
    const other = await store.addFactory({ organizationId: factory.organizationId });
    const ids = [gateway.id, ...(await store.addGateways(other.id, 3)).map(({ id }) => id)];

    const recorded = await recordedBy(store, () =>
      store.organizations.softDelete(OPERATOR, factory.organizationId, true),
    );

    expect(recorded.map(({ action, objectId }) => `${action} ${objectId ?? ''}`).sort()).toEqual(
      [
        `organization.delete ${factory.organizationId}`,
        ...[factory, other].map(({ id }) => `factory.delete ${id}`),
        ...ids.map((id) => `gateway.delete ${id}`),
      ].sort(),
    );
    expect(
      new Set(recorded.map(({ organizationId, requestId }) => `${organizationId ?? ''} ${requestId ?? ''}`)),
    ).toEqual(new Set([`${factory.organizationId} request-1`]));
  });

  it('SEC-21: that fails has no record, nor has one that is rolled back', async () => {
    const refused = async (act: () => Promise<unknown>): Promise<unknown[]> =>
      recordedBy(store, () => expect(act()).rejects.toThrow());

    expect(await refused(() => store.gateways.create(SYSTEM, aNewGateway(randomUUID())))).toEqual([]);
    expect(
      await refused(() => store.gateways.create(SYSTEM, aNewGateway(factory.id, { label: gateway.label }))),
    ).toEqual([]);
    expect(
      await refused(() => store.gateways.update(SYSTEM, gateway.id, { name: 'North' }, { ifMatch: [77] })),
    ).toEqual([]);
    expect(await refused(() => store.organizations.softDelete(SYSTEM, factory.organizationId, false))).toEqual([]);
    expect(await recordedBy(store, () => store.gateways.update(SYSTEM, randomUUID(), { name: 'North' }))).toEqual([]);
  });

  it('SEC-21: that changes nothing has no record, unless it is an order', async () => {
    const { name, metadata, label, model } = gateway;
    const same = () => store.gateways.update(SYSTEM, gateway.id, { name, metadata, label, model });
    expect(await recordedBy(store, same)).toEqual([]);
    const sameUrl = () => store.gateways.update(SYSTEM, gateway.id, { url: gateway.url, email: gateway.email });
    expect(await recordedBy(store, sameUrl)).toEqual([]);

    const again = await recordedBy(store, () => store.gateways.setDesiredState(SYSTEM, gateway.id, 'connected'));
    expect(again).toMatchObject([{ action: 'gateway.connect', changes: null }]);
  });

  it('SEC-21: an order for many gateways has one record for each of them that is within reach, in one statement', async () => {
    const other = await store.addGateway(); // Of another organization.
    const [wanted, unwanted] = await store.addGateways(factory.id, 2);
    if (!wanted || !unwanted) throw new Error('no gateways were added');
    await store.gateways.setDesiredState(SYSTEM, unwanted.id, 'disconnected');
    const ours = { ...OPERATOR, organizationId: factory.organizationId };
    const ids = [wanted.id, other.id, unwanted.id, randomUUID()];
    let stored: { id: string; desiredState: string }[] = [];

    let statements: unknown[] = [];
    const recorded = await recordedBy(store, async () => {
      statements = await statementsOf(
        async () => (stored = await store.gateways.setDesiredStates(ours, ids, 'connected')),
      );
    });

    expect(statements).toHaveLength(1);
    expect(stored.map(({ id, desiredState }) => [id, desiredState]).sort()).toEqual(
      [wanted, unwanted].map(({ id }) => [id, 'connected']).sort(),
    );
    expect(Object.fromEntries(recorded.map(({ objectId, action, changes }) => [objectId, [action, changes]]))).toEqual({
      [wanted.id]: ['gateway.connect', null],
      [unwanted.id]: ['gateway.connect', { desired_state: ['disconnected', 'connected'] }],
    });
  });

  it('SEC-21: that is repeated with its idempotency key has no second record', async () => {
    const once = { key: randomUUID(), fingerprint: Buffer.from('one request') };
    const create = () => store.gateways.create(OPERATOR, aNewGateway(factory.id, { label: 'ONCE' }), { once });

    expect(await recordedBy(store, create)).toMatchObject([{ action: 'gateway.create' }]);
    expect(await recordedBy(store, create)).toEqual([]);
  });

  it('SEC-21: never shows a password, metadata, or a certificate', async () => {
    const secret = Secret.of(PASSWORD);
    const metadata = { note: 'not shown either' };
    const recorded = await recordedBy(store, async () => {
      const draft = { url: 'wss://10.0.0.7', password: secret, tls: { ca: CA }, metadata };
      const { row } = await store.gateways.create(SYSTEM, aNewGateway(factory.id, draft));
      await store.gateways.update(SYSTEM, row.id, { password: Secret.of(`${PASSWORD}!`), metadata: {} });
      await store.gateways.update(SYSTEM, row.id, { tls: { ca: CA + CA } });
    });

    const hash = expect.stringMatching(/^sha256:[\da-f]{64}$/) as string;
    expect(recorded.map(({ changes }) => changes)).toMatchObject([
      { password: [null, '[secret]'], metadata: [null, '[metadata]'], tls: [null, { ca: hash }] },
      { password: ['[secret]', '[secret]'], metadata: ['[metadata]', '[metadata]'] },
      { tls: [{ ca: hash }, { ca: hash }] },
    ]);
    const [stored] = await store.sql<{ text: string; sealed: string }>(
      `SELECT (SELECT string_agg(audit_log::text, ' ') FROM audit_log) AS text, password_encrypted AS sealed
       FROM gateways ORDER BY created_at DESC LIMIT 1`,
    );
    for (const hidden of [PASSWORD, 'not shown', stored?.sealed]) expect(stored?.text).not.toContain(hidden);
  });

  it('SEC-21: by the seed command is recorded too, once for each row', async () => {
    const actor = commandActor('db:seed');
    const recorded = await recordedBy(store, () => seed(actor, store.dataSource));
    expect(recorded.map(({ action }) => action).sort()).toEqual([
      ...Array<string>(3).fill('factory.create'),
      ...Array<string>(6).fill('gateway.create'),
      'organization.create',
    ]);
    expect(recorded.every(({ actorKind, actorId }) => actorKind === 'command' && actorId === 'db:seed')).toBe(true);
    expect(JSON.stringify(recorded)).not.toContain('correct horse');

    expect(await recordedBy(store, () => seed(actor, store.dataSource))).toEqual([]);
  });
});

describe('a query', () => {
  it('SEC-21: filters by actor, action, object, request and time, and by the organization of the reader', async () => {
    const factory = await store.addFactory();
    await store.sql('SELECT pg_sleep(0.002)'); // A `Date` holds milliseconds only.
    const start = new Date(await store.now());
    const gateway = (await store.gateways.create(OPERATOR, aNewGateway(factory.id))).row;
    await store.gateways.update(SYSTEM, gateway.id, { name: 'North' });
    await store.addGateway();

    const find = async (query: object, reach = EVERYWHERE) =>
      (await records.findPage(reach, { limit: 100, ...query })).items.map(({ action }) => action);
    const own = { organizationId: factory.organizationId };

    expect(await find({ objectId: gateway.id })).toEqual(['gateway.update', 'gateway.create']);
    expect(await find({ objectId: gateway.id, action: 'gateway.update' })).toEqual(['gateway.update']);
    expect(await find({ objectId: gateway.id, actorId: 'key-7' })).toEqual(['gateway.create']);
    expect(await find({ objectId: gateway.id, requestId: 'request-1' })).toEqual(['gateway.create']);
    expect(await find({ objectId: gateway.id, objectType: 'factory' })).toEqual([]);
    expect(await find({}, own)).toEqual(['gateway.update', 'gateway.create', 'factory.create', 'organization.create']);
    expect(await find({ from: start }, own)).toEqual(['gateway.update', 'gateway.create']);
    expect(await find({ to: start }, own)).toEqual(['factory.create', 'organization.create']);
    expect(await find({ objectId: gateway.id, from: start, to: start })).toEqual([]);
    expect(await find({ objectId: gateway.id }, { organizationId: randomUUID() })).toEqual([]);
    expect(await find({ action: 'organization.create' }, own)).toEqual(['organization.create']);
    const everything = await find({});
    expect(everything.length).toBeGreaterThan((await find({}, own)).length);
  });
});

describe('the retention', () => {
  let old: Store;

  beforeEach(async () => {
    old = await Store.create();
  });
  afterEach(() => old.drop());

  async function addRecord(daysAgo: number): Promise<void> {
    const at = new Date((await old.now()) - daysAgo * DAY_MS);
    const id = firstIdAt(at.getTime()).slice(0, 15) + randomUUID().slice(15);
    await old.sql(
      `INSERT INTO audit_log (id, at, actor_kind, actor_id, actor_name, action) VALUES ($1, $2, 'key', 'x', 'x', 'gateway.test')`,
      [id, at],
    );
  }

  const days = async (): Promise<number[]> => {
    const now = await old.now();
    const kept = await auditOf(old).findBatch(EVERYWHERE, {}, 1000);
    return kept
      .filter(({ action }) => action === 'gateway.test')
      .map(({ at }) => Math.round((now - at.getTime()) / DAY_MS));
  };

  const retentionOf = (keepDays: string) =>
    new AuditRetention(configOf(old.database, { AUDIT_RETENTION_DAYS: keepDays }), auditOf(old), silentLogger());

  it('SEC-21: deletes whole days that are over for longer than the period, and records each', async () => {
    for (const age of [0, 10, 99, 102, 102, 103]) await addRecord(age);

    await retentionOf('100').cleanUp();

    expect(await days()).toEqual([99, 10, 0]);
    const { items } = await auditOf(old).findPage(EVERYWHERE, { limit: 10, action: 'audit.expire' });
    expect(items).toMatchObject([
      { actorKind: 'system', changes: { rows: [null, 2] } },
      { actorKind: 'system', changes: { rows: [null, 1], until: [null, expect.stringMatching(/T00:00:00\+00:00$/)] } },
    ]);

    await retentionOf('100').cleanUp();
    expect((await auditOf(old).findPage(EVERYWHERE, { limit: 10, action: 'audit.expire' })).items).toHaveLength(2);
  });

  it('SEC-21: deletes at most seven days at a time', async () => {
    for (let age = 110; age < 120; age += 1) await addRecord(age);
    await retentionOf('100').cleanUp();
    expect(await days()).toEqual([112, 111, 110]);
    await retentionOf('100').cleanUp();
    expect(await days()).toEqual([]);
  });

  it('SEC-21: the database keeps every record for at least 30 days, whoever asks', async () => {
    await addRecord(29);
    await expect(auditOf(old).expireDay(29)).rejects.toThrow('at least 30 days');
    expect(await auditOf(old).expireDay(30)).toBe(0);
    expect(await days()).toEqual([29]);
  });

  it('SEC-21: nothing else may be deleted after it, in the same transaction either', async () => {
    await addRecord(40);
    await addRecord(1);
    const deleteAll = old.dataSource.transaction(async (manager) => {
      await manager.query('SELECT expire_audit_log(30)');
      await manager.query('DELETE FROM audit_log');
    });
    await expect(deleteAll).rejects.toThrow('audit_log is append-only');
    expect(await days()).toEqual([40, 1]);
  });
});

describe('refused requests', () => {
  const origin = (address: string) => ({ requestId: randomUUID(), address, userAgent: null });

  it('SEC-21: of an actor have a record each', async () => {
    const refused = new RefusedRequests(records, silentLogger());
    const recorded = await recordedBy(store, async () => {
      refused.refusedActor(OPERATOR, 'PUT /api/organizations/1');
      refused.refusedActor(OPERATOR, 'PUT /api/organizations/1');
      await refused.flush();
    });
    const record = {
      action: 'auth.refused',
      outcome: 'refused',
      actorId: 'key-7',
      requestId: 'request-1',
      changes: { request: [null, 'PUT /api/organizations/1'] },
    };
    expect(recorded).toMatchObject([record, record]);
  });

  it('SEC-21: of strangers have one record for each client and status, with their number', async () => {
    const refused = new RefusedRequests(records, silentLogger());
    const recorded = await recordedBy(store, async () => {
      for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.1', '2001:db8::1', '2001:db8::2'])
        refused.refusedStranger(origin(address), 401);
      refused.refusedStranger(origin('10.0.0.1'), 403);
      await refused.beforeApplicationShutdown();
    });
    expect(
      recorded.map(({ address, changes }) => [address, changes?.['status']?.[1], changes?.['count']?.[1]]),
    ).toEqual([
      ['10.0.0.1', 401, 2],
      ['10.0.0.2', 401, 1],
      ['2001:db8::2', 401, 2],
      ['10.0.0.1', 403, 1],
    ]);
    expect(recorded).toMatchObject(
      recorded.map(() => ({ actorKind: 'anonymous', outcome: 'refused', organizationId: null })),
    );
  });

  it('SEC-21: are kept while the database does not answer, and stored later', async () => {
    const refused = new RefusedRequests(records, silentLogger());
    const unreachable = jest.spyOn(records, 'store').mockRejectedValueOnce(new Error('the database is away'));
    const recorded = await recordedBy(store, async () => {
      refused.refusedStranger(origin('10.0.0.1'), 401);
      await refused.flush();
      refused.refusedStranger(origin('10.0.0.1'), 401);
      await refused.beforeApplicationShutdown();
    });
    unreachable.mockRestore();
    expect(recorded).toMatchObject([{ changes: { count: [null, 2] } }]);
  });
});
