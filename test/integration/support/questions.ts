import { randomUUID } from 'node:crypto';
import { ApiKey } from '../../../src/api-keys/api-key.entity';
import { ApiKeysRepository } from '../../../src/api-keys/api-keys.repository';
import type { AuditQuery } from '../../../src/audit/audit.repository';
import { firstIdAt } from '../../../src/audit/id-time';
import { ConnectionEvent } from '../../../src/history/connection-event.entity';
import { ConnectionEventsRepository } from '../../../src/history/connection-events.repository';
import { ConnectionTimelineRepository } from '../../../src/history/connection-timeline.repository';
import { EVERYWHERE, SYSTEM } from '../../../src/common/actor';
import type { Reach } from '../../../src/common/actor';
import { generateKey } from '../../../src/common/api-key-format';
import type { ListPosition, PageRequest } from '../../../src/common/page';
import { SORTS } from '../../../src/common/sort';
import type { Sort } from '../../../src/common/sort';
import { Secret } from '../../../src/crypto/secret';
import { newsOfInventory } from '../../../src/sensors/gateway-news';
import { AccessPoint } from '../../../src/sensors/access-point.entity';
import { AccessPointsRepository } from '../../../src/sensors/access-points.repository';
import { readInventory } from '../../../src/sensors/reports';
import { Sensor } from '../../../src/sensors/sensor.entity';
import { SensorsRepository } from '../../../src/sensors/sensors.repository';
import { DatabaseProbe } from '../../../src/database/database-probe';
import { GatewayLogin } from '../../../src/login-budget/gateway-login.entity';
import { GatewayLoginsRepository } from '../../../src/login-budget/gateway-logins.repository';
import type { Ownership } from '../../../src/ownership/ownership';
import { RefusedWrites } from '../../../src/ownership/refused-writes';
import { OwnershipConnection } from '../../../src/ownership/ownership-connection';
import { ReplicaTables } from '../../../src/ownership/replica-tables';
import { SessionLock } from '../../../src/ownership/session-lock';
import { resealPasswords } from '../../../src/gateways/gateway-passwords.repository';
import { eventually } from '../../support/eventually';
import { aChange } from '../../support/events';
import { auditOf } from './audit';
import { IN_LARGEST, LIVING, ROWS } from './plant';
import type { Plant } from './plant';
import { aBatch, MONTHLY } from './plant-readings';
import { ReadingsStore } from './readings';
import { Acquisition } from '../../../src/acquisitions/acquisition.entity';
import { newProgress } from '../../../src/acquisitions/acquisition.machine';
import { AcquisitionOrdersRepository } from '../../../src/acquisitions/acquisition-orders.repository';
import { AcquisitionsRepository } from '../../../src/acquisitions/acquisitions.repository';
import { ExpiredAcquisitionsRepository } from '../../../src/acquisitions/expired-acquisitions.repository';
import { ScheduledOrdersRepository } from '../../../src/acquisitions/scheduled-orders.repository';
import { Backfill } from '../../../src/readings/catch-up/backfill.entity';
import { PartitionsRepository } from '../../../src/readings/storage/partitions.repository';
import { ZoneCorrectionsRepository } from '../../../src/readings/storage/zone-corrections.repository';
import { ReadingsRepository } from '../../../src/readings/storage/readings.repository';
import { SampleRates } from '../../../src/readings/storage/sample-rates';
import { BackfillsRepository } from '../../../src/readings/catch-up/backfills.repository';
import { CompletenessRepository } from '../../../src/readings/catch-up/completeness.repository';
import { HistoryStatesRepository } from '../../../src/readings/catch-up/history-states.repository';
import { SpoolIdentityRepository } from '../../../src/readings/ingest/spool-identity.repository';
import { aNewGateway, configOf, Store } from './store';
import { BUCKETS } from '../../../src/readings/storage/buckets';
import { CounterpartsRepository } from '../../../src/readings/storage/counterparts.repository';
import { RetentionConnections } from '../../../src/readings/retention/retention-connection';
import { RetentionRepository } from '../../../src/readings/retention/retention.repository';
import { PinsRepository } from '../../../src/readings/storage/pins.repository';
import { READING_KINDS } from '../../../src/readings/reading';
import { ReadingsQueryRepository } from '../../../src/readings/storage/readings-query.repository';
import type { FeedQuery, ReadingsQuery } from '../../../src/readings/storage/readings-query.repository';
import { WaveformsRepository } from '../../../src/readings/storage/waveforms.repository';
import { DueSensorsRepository } from '../../../src/schedules/due-sensors.repository';
import { Schedule } from '../../../src/schedules/schedule.entity';
import { SchedulesRepository } from '../../../src/schedules/schedules.repository';
import { SeverityLimit } from '../../../src/severity/severity-limit.entity';
import { SeverityLimitsRepository } from '../../../src/severity/severity-limits.repository';
import { silentLogger } from '../../unit-support/silent-logger';

/** Something that the service asks of its database. */
interface Question {
  readonly what: string;
  readonly ask: (plant: Plant) => Promise<unknown>;
  /** Why it must read all of a table. */
  readonly readsAll?: string;
}

const COUNTS_ALL = 'its total counts every row';
const SEARCHES_ALL = 'a part of a name can stand anywhere in it';

const DAY_MS = 86_400_000;

/** Above a few thousand, a table scan is as cheap as the look-ups, and PostgreSQL prefers it. */
const BATCH = 500;

/** As many as are given back at once. */
const SHARDS = Array.from({ length: 64 }, (_, shard) => shard);

/** A replica that has owned every gateway, and owns none now. */
const REPLICA = {
  ...{ isShared: true, self: { id: randomUUID(), name: 'hub-1' }, latestEpochOf: () => 1 },
  refused: new RefusedWrites(),
} as Partial<Ownership> as Ownership;

const first = { limit: 20, offset: 0 };
const last = (rows = 0) => ({ limit: 20, offset: rows - 20 });
const one = ({ gatewayIds }: Plant) => gatewayIds[0] ?? '';
const many = ({ gatewayIds }: Plant) => gatewayIds.slice(0, BATCH);
const loginsOf = (plant: Plant) => many(plant).map((gatewayId) => ({ gatewayId, connectionVersion: 1 }));
const accountsOf = (plant: Plant) =>
  many(plant).map((id) => ({ account: plant.store.accounts.accountOf({ url: `ws://${id}`, email: 'a@b' }), tries: 1 }));
const keysOf = ({ store }: Plant) => new ApiKeysRepository(store.dataSource.getRepository(ApiKey));
const sensorsOf = ({ store }: Plant) => new SensorsRepository(store.dataSource.getRepository(Sensor));
const accessPointsOf = ({ store }: Plant) => new AccessPointsRepository(store.dataSource.getRepository(AccessPoint));
const readingsOf = ({ store }: Plant) => new ReadingsQueryRepository(store.dataSource.getRepository(Sensor));
const backfillsOf = ({ store }: Plant) => new BackfillsRepository(store.dataSource.getRepository(Backfill));
const acquisitionsOf = ({ store }: Plant) => new AcquisitionsRepository(store.dataSource.getRepository(Acquisition));
const ordersOf = ({ store }: Plant) => new AcquisitionOrdersRepository(store.dataSource.getRepository(Acquisition));
const schedulesOf = ({ store }: Plant) => new SchedulesRepository(store.dataSource.getRepository(Schedule));
const completenessOf = ({ store }: Plant) => new CompletenessRepository(store.dataSource);
const historiesOf = ({ store }: Plant) => new HistoryStatesRepository(store.dataSource);
const eventsOf = ({ store }: Plant, ownership?: Ownership) =>
  new ConnectionEventsRepository(store.dataSource.getRepository(ConnectionEvent), ownership);

/** A page in the middle of the list that continues after a row, for each sort. */
function sortedPages(rows: string, list: (plant: Plant, page: PageRequest) => Promise<unknown>): Question[] {
  return SORTS.map((sort) => ({
    what: `${rows} by ${sort}, after one of them`,
    ask: (plant) => list(plant, { ...first, sort, after: { ...middleOf(sort), total: 0 } }),
  }));
}

function middleOf(sort: Sort): ListPosition {
  if (sort.endsWith('serial')) return { key: '30050000', id: '80000000-0000-4000-8000-000000000000' };
  const isTime = sort.endsWith('_at');
  return { key: isTime ? `${Date.now() * 1000}` : 'Gateway 8', id: '80000000-0000-4000-8000-000000000000' };
}

/** A page of the audit log, and one that continues after a record. */
function audited(what: string, filters: (plant: Plant) => Omit<AuditQuery, 'limit'>): Question[] {
  const pages = [
    ['', undefined],
    [', before one of them', firstIdAt(daysAgo(150).getTime())],
  ] as const;
  return pages.map(([which, before]) => ({
    what: `${what}${which}`,
    ask: (plant) => auditOf(plant.store).findPage(EVERYWHERE, { limit: 20, before, ...filters(plant) }),
  }));
}

const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
const anAct = () => ({ actor: SYSTEM, action: 'gateway.test_draft', organizationId: null }) as const;

/** All questions. The last ones delete what the others ask for. */
function reachOf({ organizationId }: Plant): Reach {
  return { organizationId };
}

/** Position and number of a reading in the middle of all. */
const MIDDLE = { micros: String(Date.parse('2026-03-01T00:00:00Z') * 1000), number: '0' };

const readingPages = (
  [
    ['of all kinds', {}],
    ['after one of them', { before: MIDDLE }],
    [
      'of a kind and an origin, of a time',
      { kind: 'vibration', origin: 'history', from: new Date('2026-02-01'), to: new Date('2026-03-01') },
    ],
  ] satisfies [string, Partial<ReadingsQuery>][]
).map(([which, query]): Question => ({
  what: `readings of a sensor, ${which}`,
  ask: (plant) => readingsOf(plant).findPage(EVERYWHERE, plant.sensorId, { limit: 20, ...query }),
}));

const readingFeeds = (
  [
    ['from the beginning', () => ({ after: '0' })],
    ['from the middle', () => ({ after: String(6 * MONTHLY) })],
    ['of a kind', () => ({ after: String(6 * MONTHLY), kind: 'battery' })],
    ['of a gateway that has none', (plant) => ({ after: '0', gatewayId: plant.gatewayIds.at(-1) })],
    ['of a factory', (plant) => ({ after: '0', factoryId: plant.factoryId })],
  ] satisfies [string, (plant: Plant) => Omit<FeedQuery, 'limit'>][]
).map(([which, query]): Question => ({
  what: `the feed of readings ${which}`,
  ask: async (plant) => {
    for (const organizationId of [null, plant.organizationId])
      await readingsOf(plant).findFeed({ organizationId }, { limit: 100, ...query(plant) });
  },
}));

const readingTrends = BUCKETS.map((bucket): Question => ({
  what: `a trend in steps of ${bucket}`,
  ask: (plant) =>
    readingsOf(plant).findTrend(EVERYWHERE, plant.sensorId, {
      ...{ from: new Date('2026-01-15'), to: new Date('2026-03-15'), bucket },
      metrics: ['x.rms', 'x.peak', 'temperature', 'battery'],
    }),
}));

export const questions: readonly Question[] = [
  { what: 'a key by its id', ask: (plant) => keysOf(plant).findById(SYSTEM, plant.keyId) },
  { what: 'a key by its prefix', ask: (plant) => keysOf(plant).findByPrefix('gwh_00000100') },
  {
    what: 'the keys of an organization',
    ask: (plant) => keysOf(plant).findAll(reachOf(plant), { ...first, state: 'active' }),
  },
  { what: 'a key that has changed', ask: (plant) => keysOf(plant).findUsable([plant.keyId]) },
  {
    what: 'every key that works',
    ask: (plant) => keysOf(plant).findUsable(null),
    readsAll: 'it runs at the start, and after the connection that listens was lost',
  },
  {
    what: 'a new key',
    ask: ({ organizationId, ...plant }) => {
      const draft = { name: 'Line 4', role: 'viewer', organizationId } as const;
      return keysOf(plant as Plant).create(SYSTEM, draft, generateKey());
    },
    readsAll: 'the keys that work are counted, and keys are made rarely',
  },
  {
    what: 'the first key of all',
    ask: async (plant) => [
      await keysOf(plant).isEmpty(),
      await keysOf(plant).createFirst(SYSTEM, 'bootstrap', generateKey()),
    ],
    readsAll: 'it looks for any row, and stops at the first',
  },
  { what: 'a change of a key', ask: (plant) => keysOf(plant).update(SYSTEM, plant.keyId, { name: 'Line 5' }) },
  {
    what: 'uses of keys',
    ask: (plant) => keysOf(plant).recordUses(new Map([[plant.keyId, { at: new Date(), address: '10.0.0.1' }]])),
  },
  {
    what: 'a rotation of a key',
    ask: (plant) => keysOf(plant).rotate(SYSTEM, plant.keyId, generateKey(), 60),
    readsAll: 'the keys that work are counted, and keys are rotated rarely',
  },
  { what: 'a key to revoke', ask: (plant) => keysOf(plant).revoke(SYSTEM, plant.keyId) },
  { what: 'a key to revoke by command', ask: (plant) => keysOf(plant).revokeAny(SYSTEM, plant.keyId) },
  {
    what: 'an organization by its id',
    ask: ({ store, ...it }) => store.organizations.findById(SYSTEM, it.organizationId),
  },
  { what: 'a new organization', ask: ({ store }) => store.organizations.create(SYSTEM, { name: 'Acme' }) },
  {
    what: 'the first page of all organizations',
    ask: ({ store }) => store.organizations.findAll(SYSTEM, first),
    readsAll: COUNTS_ALL,
  },
  {
    what: 'the last page of all organizations',
    ask: ({ store }) => store.organizations.findAll(SYSTEM, last(ROWS['organizations'])),
    readsAll: COUNTS_ALL,
  },
  {
    what: 'organizations by their ids',
    ask: ({ store, organizationId }) => store.organizations.findAll(SYSTEM, { ...first, ids: [organizationId] }),
  },
  ...sortedPages('organizations', ({ store }, page) => store.organizations.findAll(SYSTEM, page)),
  {
    what: 'the organizations that narrow the networks',
    ask: ({ store }) => store.organizations.findNetworks(EVERYWHERE),
    readsAll: 'organizations are few, and it is asked once a minute',
  },
  {
    what: 'the limits of severity',
    ask: async ({ store }) => {
      const limits = new SeverityLimitsRepository(store.dataSource.getRepository(SeverityLimit));
      const stored = await limits.findAll();
      const others = stored.limits.map((row) => ({ ...row, boundaryCd: row.boundaryCd + 1 }));
      await limits.replace(SYSTEM, others, { ifMatch: [stored.revision] });
    },
  },
  {
    what: 'the names of all factories',
    ask: async ({ store, organizationId }) => {
      await store.factories.findNames(SYSTEM);
      await store.factories.findNames({ organizationId });
    },
    readsAll: 'the metrics show all names, read once a minute',
  },
  {
    what: 'the organization of a factory',
    ask: ({ store, factoryId }) => store.gateways.findOrganizationOf(SYSTEM, factoryId),
  },
  {
    what: 'a search for organizations',
    ask: ({ store }) => store.organizations.findAll(SYSTEM, { ...first, search: 'tion 77' }),
    readsAll: SEARCHES_ALL,
  },

  { what: 'a sensor by its id', ask: (plant) => sensorsOf(plant).findById(reachOf(plant), one(plant)) },
  {
    what: 'a change of a sensor',
    ask: (plant) => sensorsOf(plant).update(SYSTEM, one(plant), { name: 'Pump' }, { ifMatch: [1] }),
  },
  {
    what: 'the first page of all sensors',
    ask: (plant) => sensorsOf(plant).findAll(SYSTEM, first),
    readsAll: COUNTS_ALL,
  },
  ...sortedPages('sensors', (plant, page) => sensorsOf(plant).findAll(SYSTEM, page)),
  {
    what: 'sensors by serial, after one of them',
    ask: (plant) =>
      sensorsOf(plant).findAll(SYSTEM, { ...first, sort: 'serial', after: { ...middleOf('serial'), total: 0 } }),
  },
  {
    what: 'the sensors of a gateway',
    ask: (plant) => sensorsOf(plant).findAll(SYSTEM, { ...first, gatewayId: one(plant) }),
  },
  {
    what: 'the sensors with a serial',
    ask: (plant) => sensorsOf(plant).findAll(SYSTEM, { ...first, serial: '30000077' }),
  },
  {
    what: 'the sensors of a factory',
    ask: (plant) => sensorsOf(plant).findAll(SYSTEM, { ...first, factoryId: plant.factoryId }),
  },
  { what: 'the sensors of an organization', ask: (plant) => sensorsOf(plant).findAll(reachOf(plant), first) },
  {
    what: 'the connected sensors of a gateway',
    ask: (plant) =>
      sensorsOf(plant).findAll(SYSTEM, {
        ...first,
        gatewayId: one(plant),
        connection: { is: 'connected', connectedGateways: many(plant) },
      }),
  },
  {
    what: 'a search for sensors',
    ask: (plant) => sensorsOf(plant).findAll(SYSTEM, { ...first, search: 'sor 77' }),
    readsAll: SEARCHES_ALL,
  },
  {
    what: 'what many gateways report of their sensors',
    ask: (plant) => {
      const sensors = readInventory([{ Serial: 7, AccessPoint: 9 }, { Serial: 8 }]) ?? [];
      return sensorsOf(plant).storeNews(
        many(plant)
          .slice(0, 100)
          .map((id) => newsOfInventory(id, sensors, performance.now())),
      );
    },
  },
  {
    what: 'the access points of a gateway',
    ask: (plant) => accessPointsOf(plant).findAll(SYSTEM, { ...first, gatewayId: one(plant) }),
  },
  {
    what: 'access points, after one of them',
    ask: (plant) => accessPointsOf(plant).findAll(SYSTEM, { ...first, after: { ...middleOf('serial'), total: 0 } }),
  },

  { what: 'a factory by its id', ask: ({ store, ...it }) => store.factories.findById(SYSTEM, it.factoryId) },
  {
    what: 'a new factory',
    ask: ({ store, organizationId }) => store.factories.create(SYSTEM, { organizationId, name: 'Springfield' }),
  },
  {
    what: 'a change of a factory',
    ask: ({ store, ...it }) => store.factories.update(SYSTEM, it.factoryId, { name: 'Main' }),
  },
  {
    what: 'the factories of an organization',
    ask: ({ store, organizationId }) => store.factories.findByOrganization(SYSTEM, organizationId, first),
  },
  {
    what: 'the names of all factories',
    ask: ({ store }) => store.factories.findNames(SYSTEM, {}),
    readsAll: 'it returns every row',
  },
  {
    what: 'the names of the factories of an organization',
    ask: ({ store, organizationId }) => store.factories.findNames(SYSTEM, { organizationId }),
  },
  {
    what: 'the organizations with the numbers of their factories',
    ask: ({ store }) => store.factories.findOrganizationNames(SYSTEM),
    readsAll: 'it returns every row',
  },
  {
    what: 'some organizations with the numbers of their factories',
    ask: ({ store, organizationId }) => store.factories.findOrganizationNames(SYSTEM, { ids: [organizationId] }),
  },
  {
    what: 'some factories by their ids',
    ask: ({ store, factoryId }) => store.factories.findAll(SYSTEM, { ...first, ids: [factoryId] }),
  },
  {
    what: 'the first page of all factories',
    ask: ({ store }) => store.factories.findAll(SYSTEM, first),
    readsAll: COUNTS_ALL,
  },
  {
    what: 'the last page of all factories',
    ask: ({ store }) => store.factories.findAll(SYSTEM, last(ROWS['factories'])),
    readsAll: COUNTS_ALL,
  },
  ...sortedPages('factories', ({ store }, page) => store.factories.findAll(SYSTEM, page)),
  ...sortedPages('factories of an organization', ({ store, organizationId }, page) =>
    store.factories.findByOrganization(SYSTEM, organizationId, page),
  ),
  {
    what: 'a search for factories',
    ask: ({ store }) => store.factories.findAll(SYSTEM, { ...first, search: 'tory 00077' }),
    readsAll: SEARCHES_ALL,
  },
  {
    what: 'a search among the factories of an organization',
    ask: ({ store, organizationId }) => store.factories.findAll(SYSTEM, { ...first, organizationId, search: 'tory' }),
  },

  { what: 'a gateway by its id', ask: (plant) => plant.store.gateways.findById(SYSTEM, one(plant)) },
  {
    what: 'a new gateway, the only one with its url',
    ask: ({ store, factoryId }) =>
      store.gateways.create(SYSTEM, aNewGateway(factoryId, { url: 'ws://10.0.0.8' }), { refuseDuplicates: true }),
  },
  {
    what: 'another url of a gateway, the only one with it',
    ask: (plant) => {
      const changes = { url: 'ws://10.0.0.9', tls: null, password: Secret.of('another') };
      return plant.store.gateways.update(SYSTEM, one(plant), changes, { refuseDuplicates: true });
    },
  },
  {
    what: 'a change of a gateway',
    ask: (plant) => plant.store.gateways.update(SYSTEM, one(plant), { name: 'North', password: Secret.of('another') }),
  },
  {
    what: 'an order to connect',
    ask: (plant) => plant.store.gateways.setDesiredState(SYSTEM, one(plant), 'connected'),
  },
  {
    what: 'an order to connect 500 gateways, as far as they are within an organization',
    ask: (plant) =>
      plant.store.gateways.setDesiredStates({ ...SYSTEM, ...reachOf(plant) }, many(plant).slice(0, 500), 'connected'),
  },
  {
    what: 'a change that is sent with another desired state, which is refused',
    ask: (plant) => {
      const changes = { name: 'North', desiredState: 'disconnected' } as const;
      return plant.store.gateways.update(SYSTEM, one(plant), changes).catch(() => undefined);
    },
  },
  {
    what: 'a gateway by its id, within an organization',
    ask: (plant) => plant.store.gateways.findById(reachOf(plant), one(plant)),
  },
  {
    what: 'the first page of the gateways of an organization',
    ask: (plant) => plant.store.gateways.findAll(reachOf(plant), first),
  },
  {
    what: 'a search among the gateways of an organization',
    ask: (plant) => plant.store.gateways.findAll(reachOf(plant), { ...first, search: 'teway 7' }),
  },
  {
    what: 'a new organization, sent again with its key',
    ask: async ({ store }) => {
      const once = { key: 'a-key', fingerprint: Buffer.alloc(32) };
      await store.organizations.create(SYSTEM, { name: 'Acme' }, once);
      await store.organizations.create(SYSTEM, { name: 'Acme' }, once);
    },
  },
  {
    what: 'a hundred gateways by their ids',
    ask: (plant) => plant.store.gateways.findAll(SYSTEM, { ...first, ids: many(plant).slice(0, 100) }),
  },
  {
    what: 'the first page of all gateways',
    ask: ({ store }) => store.gateways.findAll(SYSTEM, first),
    readsAll: COUNTS_ALL,
  },
  {
    what: 'the last page of all gateways',
    ask: ({ store }) => store.gateways.findAll(SYSTEM, last(LIVING)),
    readsAll: COUNTS_ALL,
  },
  {
    what: 'the first page of the gateways of a factory',
    ask: ({ store, factoryId }) => store.gateways.findAll(SYSTEM, { ...first, factoryId }),
  },
  {
    what: 'the last page of the gateways of a factory',
    ask: ({ store, factoryId }) => store.gateways.findAll(SYSTEM, { ...last(IN_LARGEST), factoryId }),
  },
  ...sortedPages('gateways', ({ store }, page) => store.gateways.findAll(SYSTEM, page)),
  ...sortedPages('gateways of a factory', ({ store, factoryId }, page) =>
    store.gateways.findAll(SYSTEM, { ...page, factoryId }),
  ),
  {
    what: 'a search for gateways',
    ask: ({ store }) => store.gateways.findAll(SYSTEM, { ...first, search: 'way 77' }),
    readsAll: SEARCHES_ALL,
  },
  {
    what: 'a search among the gateways of a factory',
    ask: ({ store, factoryId }) => store.gateways.findAll(SYSTEM, { ...first, factoryId, search: 'way 77' }),
  },
  {
    what: 'all gateways that should be connected',
    ask: ({ store }) => store.gateways.findActive(SYSTEM),
    readsAll: 'it is asked once, at the start, and most rows are wanted',
  },
  {
    what: 'the revisions of all gateways',
    ask: ({ store }) => store.gateways.findRevisions(SYSTEM),
    readsAll: 'a pass that overlooks none compares them all',
  },
  {
    what: 'the gateways of some shards that should be connected',
    ask: ({ store }) => store.gateways.findActive(SYSTEM, SHARDS),
  },
  {
    what: 'the revisions of the gateways of some shards',
    ask: ({ store }) => store.gateways.findRevisions(SYSTEM, SHARDS),
  },
  { what: 'what many connections need', ask: (plant) => plant.store.gateways.findTargets(SYSTEM, many(plant)) },
  {
    what: 'sightings of many gateways',
    ask: (plant) =>
      plant.store.gateways.recordSightings(many(plant).map((gatewayId) => ({ gatewayId, at: new Date() }))),
  },
  { what: 'tries of many logins', ask: (plant) => plant.store.logins.recordTries(loginsOf(plant)) },
  {
    what: 'tries of many logins, by one of several replicas',
    ask: (plant) =>
      new GatewayLoginsRepository(plant.store.dataSource.getRepository(GatewayLogin), REPLICA).recordTries(
        loginsOf(plant),
      ),
  },
  {
    what: 'outcomes of many logins',
    ask: (plant) =>
      plant.store.logins.recordOutcomes(
        loginsOf(plant).map((login) => ({ ...login, isAccepted: false, refusals: 0, nextLoginAt: performance.now() })),
      ),
  },
  { what: 'tries of many accounts', ask: (plant) => plant.store.accounts.recordTries(accountsOf(plant)) },
  {
    what: 'outcomes of many accounts',
    ask: (plant) =>
      plant.store.accounts.recordOutcomes(accountsOf(plant).map((each, i) => ({ ...each, isCleared: i % 2 === 0 }))),
  },
  { what: 'the accounts with refusals', ask: ({ store }) => store.accounts.findRefused() },
  { what: 'accounts whose hour is over', ask: ({ store }) => store.accounts.deleteOld() },
  {
    what: 'passwords that are sealed with another key',
    ask: ({ store, cipher }) => resealPasswords(SYSTEM, store.dataSource, cipher),
    readsAll: 'it is asked when keys change, and another key can be found in any row',
  },

  {
    what: 'many connection events to store',
    ask: (plant) => eventsOf(plant).store(many(plant).map((id) => aChange(id))),
  },
  {
    what: 'many connection events to store, by one of several replicas',
    ask: (plant) => eventsOf(plant, REPLICA).store(many(plant).map((id) => ({ ...aChange(id), epoch: 1 }))),
  },
  {
    what: 'the latest events of a gateway',
    ask: (plant) => eventsOf(plant).findPage(EVERYWHERE, one(plant), { limit: 100 }),
  },
  {
    what: 'older events of a gateway',
    ask: async (plant) => {
      const { items } = await eventsOf(plant).findPage(EVERYWHERE, one(plant), { limit: 100 });
      return eventsOf(plant).findPage(EVERYWHERE, one(plant), { limit: 100, before: items.at(-1)?.id ?? '' });
    },
  },
  {
    what: 'the events of a gateway for a reason',
    ask: (plant) =>
      eventsOf(plant).findPage(EVERYWHERE, one(plant), {
        limit: 100,
        reasonCodes: ['login_refused', 'connect_timeout'],
      }),
  },
  {
    what: 'in which states a connection was',
    ask: (plant) =>
      new ConnectionTimelineRepository(plant.store.dataSource.getRepository(ConnectionEvent)).sum(
        { organizationId: plant.organizationId },
        one(plant),
        { hours: 720, parts: 96 },
      ),
  },
  {
    what: 'which events are kept no longer',
    ask: (plant) => eventsOf(plant).findExpired(30),
  },
  {
    what: 'the order of the latest event of all',
    ask: (plant) => eventsOf(plant).findGreatestId(),
  },
  {
    what: 'events that are kept no longer',
    ask: (plant) => eventsOf(plant).deleteOlderThan(new Date(Date.now() - 30 * DAY_MS), 5000),
  },

  { what: 'acts to record', ask: ({ store }) => auditOf(store).store([anAct(), anAct()]) },
  {
    what: 'a backfill, from its order to its end',
    ask: async (plant) => {
      const backfills = backfillsOf(plant);
      const order = { kinds: ['vibration'], fromDay: '2026-01-01', toDay: '2026-02-01', serials: [] } as const;
      for (const end of ['cancel', 'complete'] as const) {
        const { id = '' } = (await backfills.create(SYSTEM, one(plant), order)) ?? {};
        await backfills.findById(reachOf(plant), id);
        await backfills.note(id, { records: 25, added: 3 });
        await backfills.findOpen();
        await (end === 'cancel' ? backfills.cancel(SYSTEM, id) : backfills.complete(id));
      }
    },
  },
  {
    what: 'the times of readings, in another zone',
    ask: async (plant) => {
      const corrections = new ZoneCorrectionsRepository(plant.store.dataSource);
      await plant.store.gateways.update(SYSTEM, one(plant), { clockZone: 'Asia/Tokyo' });
      const partitions = await new PartitionsRepository(plant.store.dataSource).find();
      const [gatewayId = ''] = await corrections.findGateways();
      while ((await corrections.advance(gatewayId, partitions)) === 'continues');
    },
  },
  {
    what: 'an acquisition, from its order to its end',
    ask: async (plant) => {
      const [acquisitions, orders] = [acquisitionsOf(plant), ordersOf(plant)];
      for (const end of ['cancel', 'save'] as const) {
        const order = { sensorId: plant.sensorId, kind: 'vibration', expiresInS: 60 } as const;
        const once = { key: `acquisition-${end}`, fingerprint: Buffer.from(end) };
        const { row } = (await orders.place(SYSTEM, order, 0, once)) ?? {};
        await orders.place(SYSTEM, order, 0);
        const id = row?.id ?? '';
        await acquisitions.findById(reachOf(plant), id);
        if (end === 'cancel') await orders.cancel(SYSTEM, id);
        else await acquisitions.markSent(id, new Date());
      }
    },
  },
  {
    what: 'acquisitions that have not ended',
    ask: async (plant) => {
      const [loaded] = await acquisitionsOf(plant).findUnfinished();
      await acquisitionsOf(plant).findDisconnected([plant.sensorId, one(plant)]);
      await acquisitionsOf(plant).save(loaded?.id ?? '', { ...newProgress('vibration'), state: 'expired' });
    },
  },
  {
    what: 'the reading that an acquisition has led to',
    ask: (plant) => acquisitionsOf(plant).findReading({ kind: 'vibration', sensorNumber: 1 }, daysAgo(2)),
  },
  ...[
    ['all acquisitions', EVERYWHERE, () => ({})] as const,
    ['the acquisitions of an organization', null, () => ({})] as const,
    ['the acquisitions of a sensor', EVERYWHERE, ({ sensorId }: Plant) => ({ sensorId })] as const,
    ['the acquisitions of a gateway', null, (plant: Plant) => ({ gatewayId: one(plant) })] as const,
    ['the acquisitions of a schedule', EVERYWHERE, ({ sensorId }: Plant) => ({ scheduleId: sensorId })] as const,
    [
      'the acquisitions of a schedule, of an organization',
      null,
      (plant: Plant) => ({ scheduleId: one(plant) }),
    ] as const,
    ['the acquisitions that wait', EVERYWHERE, () => ({ state: 'queued' as const })] as const,
  ].map(([what, reach, query]): Question => ({
    what,
    ask: async (plant) => {
      for (const before of [undefined, firstIdAt(daysAgo(100).getTime())]) {
        await acquisitionsOf(plant).findPage(reach ?? reachOf(plant), { limit: 20, before, ...query(plant) });
      }
    },
  })),
  {
    what: 'acquisitions that are kept no longer',
    ask: async ({ store }) => {
      const expired = new ExpiredAcquisitionsRepository(store.dataSource.getRepository(Acquisition));
      await expired.findOldestAgeDays();
      return expired.deleteOlderThan(365, 1000);
    },
  },
  {
    what: 'a schedule, from its creation to its end',
    ask: async (plant) => {
      const schedules = schedulesOf(plant);
      const targets = { factory: plant.factoryId, gateway: one(plant), sensor: plant.sensorId } as const;
      for (const level of ['factory', 'gateway', 'sensor'] as const) {
        const draft = { name: 'Often', kind: 'vibration', maxAgeS: 3600, windows: [], dailyBudget: 8 } as const;
        const target = { level, id: targets[level] };
        const { row } = await schedules.create(SYSTEM, { ...draft, target });
        await schedules.findById(SYSTEM, row.id);
        await schedules.findCoverage(row);
        await schedules.update(SYSTEM, row.id, { maxAgeS: 7200 }, { kind: 'vibration', target });
        await schedules.softDelete(SYSTEM, row.id);
      }
    },
  },
  {
    what: 'the first page of all schedules',
    ask: (plant) => schedulesOf(plant).findAll(SYSTEM, first),
    readsAll: COUNTS_ALL,
  },
  ...sortedPages('schedules', (plant, page) => schedulesOf(plant).findAll(SYSTEM, page)),
  {
    what: 'the schedules of a factory, of an organization',
    ask: async (plant) => {
      await schedulesOf(plant).findAll(SYSTEM, { ...first, factoryId: plant.factoryId });
      await schedulesOf(plant).findAll(SYSTEM, { ...first, gatewayId: one(plant) });
      await schedulesOf(plant).findAll(SYSTEM, { ...first, sensorId: plant.sensorId });
      await schedulesOf(plant).findAll(reachOf(plant), first);
    },
  },
  {
    what: 'the schedules that are enabled',
    ask: ({ store }) => new DueSensorsRepository(store.dataSource.getRepository(Schedule)).findRules(),
    readsAll: 'all of them are wanted, and schedules are few',
  },
  {
    what: 'orders of schedules',
    ask: ({ store, sensorId }) => {
      const orders = new ScheduledOrdersRepository(store.dataSource.getRepository(Acquisition));
      const order = { scheduleId: sensorId, sensorId, kind: 'battery' } as const;
      return orders.place([order], { expiresInS: 600, minIntervalMs: 60_000 });
    },
  },
  {
    what: 'a waveform to be pinned',
    ask: async (plant) => {
      const pins = new PinsRepository(plant.store.dataSource);
      for (const pinned of [true, false])
        await pins.pin({ ...SYSTEM, ...reachOf(plant) }, { day: '2026-04-01', number: '120000' }, pinned);
    },
  },
  {
    what: 'which months are there, and how large',
    ask: ({ store }) => new RetentionRepository(store.dataSource).findUsage(),
  },
  {
    what: 'waveforms that stay',
    ask: async (plant) => {
      const retention = new RetentionRepository(plant.store.dataSource);
      const connection = await new RetentionConnections(configOf(plant.store.database)).open();
      const month = { from: '2026-01-01', to: '2026-02-01', isFull: true, hasReadings: true };
      try {
        await retention.makeKept(connection, month);
        const mark = await retention.mark(connection);
        const sensors = await retention.findSensors(connection, 0, 20);
        await retention.keep(connection, month, sensors, 1);
        await retention.findChangedSensors(connection, month, mark);
        await retention.wasReceivedSince(connection, month, 730);
      } finally {
        await connection.close();
      }
    },
  },
  {
    what: 'months that are kept no longer',
    ask: async (plant) => {
      const retention = new RetentionRepository(plant.store.dataSource);
      const connection = await new RetentionConnections(configOf(plant.store.database)).open();
      // A month that nothing else asks for.
      const month = { from: '2024-01-01', to: '2024-02-01', isFull: true, hasReadings: true };
      try {
        await connection.query(`SELECT make_reading_partitions(ARRAY['2024-01-01'::date])`);
        await retention.makeKept(connection, month);
        await retention.dropWaveforms(connection, month, await retention.mark(connection), 1);
        await retention.dropReadings(connection, month);
        await retention.expireGaps(connection, '2024-01-01');
      } finally {
        await connection.close();
      }
    },
  },
  {
    what: 'how complete the readings of a gateway are, and its gaps',
    ask: async (plant) => {
      await completenessOf(plant).findOfGateway(reachOf(plant), one(plant));
      await completenessOf(plant).findGaps(reachOf(plant), one(plant));
    },
  },
  {
    what: 'how complete the readings of a factory are',
    ask: async (plant) => {
      await completenessOf(plant).hasFactory(reachOf(plant), plant.factoryId);
      await completenessOf(plant).findOfFactory(reachOf(plant), plant.factoryId);
    },
    readsAll: 'it counts the gaps of every sensor of the factory',
  },
  {
    what: 'what is known of the history of a gateway',
    ask: async (plant) => {
      const [histories, gateway] = [historiesOf(plant), one(plant)];
      const known = await histories.read(gateway, 'vibration', 400);
      if (!known) throw new Error('the gateway is not in the database');
      await histories.readSeries(gateway, 'vibration', known);
      await histories.newestDay(gateway, 'vibration', known.since, new Date());
      const progress = { ...known, gaps: [], verifiedThrough: new Date(), oldestDay: known.since };
      await histories.save(gateway, 'vibration', progress);
    },
  },
  { what: 'whose spool it is', ask: ({ store }) => new SpoolIdentityRepository(store.dataSource).find() },
  {
    what: 'whether a replica owns the gateways of a batch of readings',
    ask: async ({ store, gatewayIds }) => {
      const { partitions, keptRecords } = new ReadingsStore(store);
      const readings = new ReadingsRepository(store.dataSource, partitions, keptRecords, new SampleRates(), REPLICA);
      expect((await readings.store(await aBatch(gatewayIds)))[0]?.outcome).toBe('orphaned');
    },
  },
  {
    what: 'a batch of readings',
    ask: async (plant) => new ReadingsStore(plant.store).readings.store(await aBatch(plant.gatewayIds)),
  },
  {
    what: 'readings that were notified under other numbers',
    ask: async (plant) => {
      const counterparts = new CounterpartsRepository(plant.store.dataSource);
      const batch = await aBatch(plant.gatewayIds);
      for (const kind of READING_KINDS) {
        const rows = await counterparts.find(kind, batch);
        const found = [...rows.values()].flat().slice(0, 3);
        await counterparts.adopt(
          one(plant),
          kind,
          found.map((row) => ({ row, id: 900_000 + row.number })),
        );
        await counterparts.claim(
          kind,
          found.map((row) => ({ row: { ...row, notifiedId: null }, id: row.number })),
        );
        await counterparts.separate(one(plant), kind);
      }
    },
  },
  {
    what: 'partitions ahead of time',
    ask: ({ store }) => new ReadingsStore(store).partitionsRepository.make(['2026-04-01']),
  },
  {
    what: 'unreadable records of gateways',
    ask: (plant) => {
      const record = { kind: 'vibration', serial: 1, problem: 'unreadable', reason: 'no number', text: '{}' } as const;
      const records = many(plant).map((gatewayId) => ({ ...record, gatewayId, receivedAt: new Date() }));
      return new ReadingsStore(plant.store).keptRecords.store(records);
    },
  },
  {
    what: 'unreadable records that have expired',
    ask: ({ store }) => new ReadingsStore(store).keptRecords.expire(),
  },

  ...readingPages,
  ...readingFeeds,
  ...readingTrends,
  {
    what: 'a reading, and its samples',
    ask: async (plant) => {
      const [readings, reach] = [readingsOf(plant), { organizationId: plant.organizationId }];
      for (const each of [EVERYWHERE, reach]) await readings.find(each, { day: '2026-02-09', number: '40000' });
      const waveforms = new WaveformsRepository(plant.store.dataSource.getRepository(Sensor));
      for (const each of [EVERYWHERE, reach])
        await waveforms.find(each, { day: '2026-02-09', number: '40000' }, ['x', 'z']);
    },
  },
  ...audited('all acts', () => ({})),
  ...audited('the acts of a time', () => ({ from: daysAgo(101), to: daysAgo(100) })),
  ...audited('the acts before a time', () => ({ to: daysAgo(300) })),
  ...audited('the acts of an actor', () => ({ actorId: 'key 3' })),
  ...audited('the acts of an actor who did nothing', () => ({ actorId: 'key 99' })),
  ...audited('the acts of an actor who did most of them, long ago', () => ({ actorId: 'importer' })),
  ...audited('a rare action', () => ({ action: 'gateway.delete' })),
  ...audited('an action that nobody took', () => ({ action: 'key.revoke' })),
  ...audited('a common action before a time', () => ({ action: 'gateway.update', to: daysAgo(300) })),
  ...audited('the acts on a gateway with many', (plant) => ({ objectId: one(plant), objectType: 'gateway' })),
  ...audited('the old acts on a gateway with many', (plant) => ({ objectId: one(plant), to: daysAgo(300) })),
  ...audited('the acts on an object with none', ({ factoryId }) => ({ objectId: factoryId })),
  ...audited('the acts of a request', () => ({ requestId: 'request 7' })),
  ...audited('the acts of a request with many', () => ({ requestId: 'request 0' })),
  ...audited('the acts of an unknown request', () => ({ requestId: 'request x' })),
  {
    what: 'the acts on a type of object that is in none',
    ask: ({ store }) => auditOf(store).findPage(EVERYWHERE, { limit: 20, objectType: 'key' }),
    readsAll: 'a type alone has no index: nearly all acts are on gateways',
  },
  {
    what: 'the acts in an organization',
    ask: ({ store, organizationId }) => auditOf(store).findPage({ organizationId }, { limit: 20 }),
  },
  {
    what: 'the acts in an organization, of an actor',
    ask: ({ store, organizationId }) => auditOf(store).findPage({ organizationId }, { limit: 20, actorId: 'key 3' }),
  },
  {
    what: 'a batch of the log',
    ask: ({ store }) => auditOf(store).findBatch(EVERYWHERE, { from: daysAgo(200), to: daysAgo(20) }, 1000),
  },
  { what: 'a day of the log that has expired', ask: ({ store }) => auditOf(store).expireDay(365) },

  {
    what: 'whether the database answers',
    ask: ({ store }) => new DatabaseProbe(store.dataSource, silentLogger()).canWrite(),
  },
  {
    what: 'the lock of the sessions',
    ask: async ({ store }) => {
      const lock = new SessionLock(configOf(store.database));
      await lock.tryAcquire(() => undefined);
      let longest = 0;
      // Until one of the lock's periodic keep-alive queries has been answered.
      await eventually(() => {
        longest = Math.max(longest, lock.silentMs ?? 0);
        expect(lock.silentMs).toBeLessThan(longest);
      }, 10_000);
      await lock.release();
    },
  },
  {
    what: 'who owns which shard',
    ask: async () => {
      // Of its own: in that of the plant, the check of plans has taken the session lock.
      const store = await Store.create();
      const connection = new OwnershipConnection(configOf(store.database));
      const tables = new ReplicaTables(connection);
      const id = randomUUID();
      await tables.register({ id, name: 'hub-1' }, 1);
      await tables.look(id);
      expect([tables.nameOf(id), tables.ownerOf(1)]).toEqual(['hub-1', null]);
      expect(tables.all()).toEqual([{ id, name: 'hub-1', state: 'active', shards: 0 }]);
      await tables.plan(1, [[1, id]]);
      await tables.claim(id, [1]);
      await tables.reclaim(id, [[1, 1]]);
      await tables.release(id, [[1, 2]]);
      await tables.end(id, 7, 1, id);
      await tables.drain(id);
      await tables.leave(id);
      await tables.forgetEnded();
      await connection.close();
      await store.drop();
    },
  },

  {
    what: 'a gateway to move',
    ask: async (plant) => {
      const { gateways, factories } = plant.store;
      const gateway = await gateways.findById(SYSTEM, one(plant));
      const { items } = await factories.findByOrganization(SYSTEM, gateway?.organizationId ?? '', first);
      const another = items.find(({ id }) => id !== gateway?.factoryId);
      await gateways.update(SYSTEM, one(plant), { factoryId: another?.id ?? '' }, { refuseDuplicates: true });
    },
  },
  { what: 'a login to grant', ask: (plant) => plant.store.logins.grant([one(plant)]) },
  { what: '500 logins to grant', ask: (plant) => plant.store.logins.grant(many(plant).slice(0, 500)) },
  {
    what: 'logins that are out of date',
    ask: ({ store }) => store.logins.deleteOutdated(),
    readsAll: 'it is asked once an hour, and the login of any gateway can be out of date',
  },
  { what: 'a gateway to delete', ask: (plant) => plant.store.gateways.softDelete(SYSTEM, one(plant)) },
  {
    what: 'a factory to delete with its gateways',
    ask: ({ store, ...it }) => store.factories.softDelete(SYSTEM, it.factoryId),
  },
  {
    what: 'an organization to change',
    ask: ({ store, organizationId }) => store.organizations.update(SYSTEM, organizationId, { name: 'Changed' }),
  },
  {
    what: 'an organization to delete with its factories and gateways',
    ask: ({ store, organizationId }) => store.organizations.softDelete(SYSTEM, organizationId, true),
  },
];
