import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { EVERYWHERE, SYSTEM } from '../../src/common/actor';
import { DomainError } from '../../src/common/domain-error';
import type { Metadata } from '../../src/common/metadata';
import { Secret } from '../../src/crypto/secret';
import { ReadOnlyFieldError } from '../../src/http/contract/read-only';
import { auditOf, latestRecordId } from './support/audit';
import { replay } from './support/audit-replay';
import type { Replayed } from './support/audit-replay';
import { aNewGateway, Store } from './support/store';

const HISTORIES = 200;
const OPERATIONS = 40;
const ALL = 100_000;

let store: Store;

beforeAll(async () => {
  store = await Store.create();
  await store.organizations.create(SYSTEM, { name: 'Acme' });
});

afterAll(() => store.drop());

/** The ids that a history has created, of rows that are deleted too. */
interface Created {
  readonly organizations: string[];
  readonly factories: string[];
  readonly gateways: string[];
}

type Operation = (created: Created) => Promise<unknown>;

const name = fc.constantFrom('Alpha', 'Beta', 'Gamma');
const metadata = fc.constantFrom<Metadata>({}, { line: 4 });
const ifMatch = fc.constantFrom(undefined, undefined, [1], [2, 3]);
const some = fc.nat({ max: 3 });
const tls = fc.constantFrom(null, { insecure: true }, { ca: 'CERTIFICATE 1' }, { ca: 'CERTIFICATE 2' });
const url = fc.constantFrom('ws://10.0.0.7', 'wss://10.0.0.7', 'wss://10.0.0.8/path');
const label = fc.constantFrom('GW-1', 'GW-2', 'GW-3', 'GW-4');
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });

const pick = (ids: readonly string[], index: number): string =>
  ids[index % Math.max(ids.length, 1)] ?? '00000000-0000-4000-8000-000000000000';

const organizationChanges = fc.record({ name: optional(name), metadata: optional(metadata) });
const factoryChanges = fc.record({
  name: optional(name),
  location: optional(fc.constantFrom(null, 'Hall 1', 'Hall 2')),
  timezone: optional(fc.constantFrom('UTC', 'Asia/Tokyo')),
  metadata: optional(metadata),
});
const gatewayChanges = fc.record({
  label: optional(label),
  name: optional(name),
  url: optional(url),
  email: optional(fc.constantFrom('a@example.org', 'A@example.org', 'b@example.org')),
  password: optional(fc.constantFrom(Secret.of('one'), Secret.of('two'))),
  tls: optional(tls),
  model: optional(fc.constantFrom(null, 'G5')),
  firmwareVersion: optional(fc.constantFrom(null, '1.2')),
  metadata: optional(metadata),
});

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(name).map(([name]) => async (created: Created) => {
    created.organizations.push((await store.organizations.create(SYSTEM, { name })).row.id);
  }),
  fc.tuple(some, organizationChanges, ifMatch).map(
    ([which, changes, ifMatch]) =>
      ({ organizations }: Created) =>
        store.organizations.update(SYSTEM, pick(organizations, which), changes, { ifMatch }),
  ),
  {
    weight: 2,
    arbitrary: fc.tuple(some, factoryChanges, name).map(([which, changes, name]) => async (created: Created) => {
      const organizationId = pick(created.organizations, which);
      created.factories.push((await store.factories.create(SYSTEM, { ...changes, organizationId, name })).row.id);
    }),
  },
  fc.tuple(some, factoryChanges, ifMatch).map(
    ([which, changes, ifMatch]) =>
      ({ factories }: Created) =>
        store.factories.update(SYSTEM, pick(factories, which), changes, { ifMatch }),
  ),
  {
    weight: 4,
    arbitrary: fc
      .tuple(some, gatewayChanges, label, fc.boolean(), fc.constantFrom(undefined, undefined, 'key 1', 'key 2'))
      .map(([which, changes, label, refuseDuplicates, key]) => async (created: Created) => {
        const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
        const draft = { ...aNewGateway(pick(created.factories, which), given), label };
        // One key for each history, so that the second use of it in a history is a replay.
        const once = key && { key: `${created.organizations[0] ?? ''} ${key}`, fingerprint: Buffer.from('same') };
        const { row } = await store.gateways.create(SYSTEM, draft, { refuseDuplicates, once: once ?? undefined });
        created.gateways.push(row.id);
      }),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(some, gatewayChanges, optional(some), ifMatch, fc.boolean())
      .map(([which, changes, factory, ifMatch, refuseDuplicates]) => ({ gateways, factories }: Created) => {
        const factoryId = factory === undefined ? undefined : pick(factories, factory);
        const options = { ifMatch, refuseDuplicates };
        return store.gateways.update(SYSTEM, pick(gateways, which), { ...changes, factoryId }, options);
      }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(some, fc.constantFrom('connected', 'disconnected')).map(
      ([which, state]) =>
        ({ gateways }: Created) =>
          store.gateways.setDesiredState(SYSTEM, pick(gateways, which), state),
    ),
  },
  fc.tuple(some, ifMatch).map(
    ([which, ifMatch]) =>
      ({ gateways }: Created) =>
        store.gateways.softDelete(SYSTEM, pick(gateways, which), { ifMatch }),
  ),
  fc.tuple(some).map(
    ([which]) =>
      ({ factories }: Created) =>
        store.factories.softDelete(SYSTEM, pick(factories, which)),
  ),
  fc.tuple(some, fc.boolean()).map(
    ([which, cascade]) =>
      ({ organizations }: Created) =>
        store.organizations.softDelete(SYSTEM, pick(organizations, which), cascade),
  ),
);

/** Refusals are part of a history: they must not be in the log. */
async function carryOut(operations: readonly Operation[]): Promise<Created> {
  const created: Created = { organizations: [], factories: [], gateways: [] };
  created.organizations.push((await store.organizations.create(SYSTEM, { name: 'Acme' })).row.id);
  for (const operation of operations) {
    await operation(created).catch((error: unknown) => {
      if (!(error instanceof DomainError) && !(error instanceof ReadOnlyFieldError)) throw error;
    });
  }
  return created;
}

const FIELDS = {
  organization: ['organizations', ['name']],
  factory: ['factories', ['organization_id', 'name', 'location', 'timezone']],
  gateway: [
    'gateways',
    [
      ...['factory_id', 'organization_id', 'gateway_id', 'name', 'url', 'email', 'tls', 'model', 'firmware_version'],
      ...['clock_zone', 'desired_state'],
    ],
  ],
} as const;

/** The living rows of a history, as the log describes them. */
async function findRows({ organizations }: Created): Promise<Replayed> {
  const rows: Replayed = { organization: new Map(), factory: new Map(), gateway: new Map() };
  for (const [object, [table, fields]] of Object.entries(FIELDS)) {
    const owner = object === 'organization' ? 'id' : 'organization_id';
    const found = await store.sql<Record<string, unknown> & { id: string }>(
      `SELECT id, ${fields.join()} FROM ${table} WHERE ${owner} = ANY ($1) AND deleted_at IS NULL`,
      [organizations],
    );
    for (const { id, ...row } of found) rows[object as keyof Replayed].set(id, withHashes(row));
  }
  return rows;
}

function withHashes(row: Record<string, unknown>): Record<string, unknown> {
  const { ca, ...rest } = (row['tls'] ?? {}) as { ca?: string };
  if (ca === undefined) return row;
  return { ...row, tls: { ...rest, ca: `sha256:${createHash('sha256').update(ca).digest('hex')}` } };
}

it('SEC-21: the log alone gives the tables, after any history', async () => {
  const acts = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: OPERATIONS, maxLength: OPERATIONS, size: 'max' }),
      async (history) => {
        const before = await latestRecordId(store);
        const created = await carryOut(history);
        const records = await auditOf(store).findBatch(EVERYWHERE, {}, ALL, before);
        for (const { action } of records) acts.add(action);

        expect(replay(records)).toEqual(await findRows(created));
        expect(JSON.stringify(records)).not.toMatch(/CERTIFICATE/);
      },
    ),
    { numRuns: HISTORIES, endOnFailure: true },
  );

  const verbs = ['create', 'update', 'delete'];
  expect([...acts].sort()).toEqual(
    [
      ...['organization', 'factory', 'gateway'].flatMap((object) => verbs.map((verb) => `${object}.${verb}`)),
      ...['connect', 'disconnect', 'redirect'].map((verb) => `gateway.${verb}`),
    ].sort(),
  );
}, 600_000);
