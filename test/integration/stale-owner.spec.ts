import { randomUUID } from 'node:crypto';
import { ConnectionEvent } from '../../src/history/connection-event.entity';
import { ConnectionEventsRepository } from '../../src/history/connection-events.repository';
import { GatewayLogin } from '../../src/login-budget/gateway-login.entity';
import { GatewayLoginsRepository } from '../../src/login-budget/gateway-logins.repository';
import type { Ownership } from '../../src/ownership/ownership';
import { OwnershipConnection } from '../../src/ownership/ownership-connection';
import { REFUSED_KINDS, RefusedWrites } from '../../src/ownership/refused-writes';
import { ReplicaTables } from '../../src/ownership/replica-tables';
import { ReadingsRepository } from '../../src/readings/storage/readings.repository';
import { SampleRates } from '../../src/readings/storage/sample-rates';
import { aChange } from '../support/events';
import { aRecord, encodeAll, ReadingsStore } from './support/readings';
import { configOf, Store } from './support/store';

/** The epoch with which this replica believes that it owns every gateway. */
const EPOCH = 3;
const me = { id: randomUUID(), name: 'one' };
let refused: RefusedWrites;
const shared = {
  isShared: true,
  self: me,
  latestEpochOf: () => EPOCH,
  get refused() {
    return refused;
  },
} as Partial<Ownership> as Ownership;

let store: Store;
let gatewayId: string;

beforeAll(async () => {
  store = await Store.create();
  await store.sql(
    `INSERT INTO replicas (id, name, generation, version, protocol) VALUES ($1, 'one', 1, '2.0.0', 1), ($2, 'two', 1, '2.0.0', 1)
     RETURNING id`,
    [me.id, randomUUID()],
  );
});

afterAll(() => store.drop());

beforeEach(async () => {
  gatewayId = (await store.addGateway()).id;
  refused = new RefusedWrites();
  await isOwner(me.id, EPOCH, 'active');
});

/** What the tables say of the gateway and of this replica. */
async function isOwner(owner: string | null, epoch: number, state: string): Promise<void> {
  await store.sql('UPDATE shards SET owner = $1, epoch = $2 WHERE shard = shard_of($3) RETURNING shard', [
    ...[owner, epoch, gatewayId],
  ]);
  await store.sql('UPDATE replicas SET state = $2 WHERE id = $1 RETURNING id', [me.id, state]);
}

/** Writes one row of each kind. @returns which of them were stored */
async function write(): Promise<{ history: number; login: string; reading: string }> {
  const { dataSource } = store;
  const { partitions, keptRecords } = new ReadingsStore(store);
  const event = aChange(gatewayId);
  const events = new ConnectionEventsRepository(dataSource.getRepository(ConnectionEvent), shared);
  await events.store([{ ...event, epoch: EPOCH }]);
  const rows = await store.sql('SELECT id FROM gateway_connection_events WHERE id = $1 AND observed_by = $2', [
    ...[event.id, me.id],
  ]);
  const logins = new GatewayLoginsRepository(dataSource.getRepository(GatewayLogin), shared);
  const [login] = await logins.recordTries([{ gatewayId, connectionVersion: 1 }]);
  const readings = new ReadingsRepository(dataSource, partitions, keptRecords, new SampleRates(), shared);
  const [reading] = await readings.store(await encodeAll([aRecord(gatewayId)]));
  return { history: rows.length, login: login ?? '', reading: reading?.outcome ?? '' };
}

/** What was counted as refused: history, logins, readings. */
const counts = () => REFUSED_KINDS.slice(0, 3).map((kind) => refused.of(kind));

const STORED = { history: 1, login: 'granted', reading: 'new' };
const REFUSED = { history: 0, login: 'outdated', reading: 'orphaned' };

describe('what an owner writes of its gateways', () => {
  it('is stored while it owns them, with the epoch in the history', async () => {
    expect(await write()).toEqual(STORED);
    expect(counts()).toEqual([0, 0, 0]);
    expect(await store.sql('SELECT epoch FROM gateway_connection_events WHERE gateway_id = $1', [gatewayId])).toEqual([
      { epoch: String(EPOCH) },
    ]);
  });

  it.each([
    ['another replica has taken them over', () => isOwner(randomUUID(), EPOCH + 1, 'active')],
    ['it has taken them back with another epoch', () => isOwner(me.id, EPOCH + 1, 'active')],
    ['it has given them back', () => isOwner(null, EPOCH, 'active')],
    ['it was ended', () => isOwner(me.id, EPOCH, 'gone')],
  ])('is refused and counted once %s: history, tries of logins and readings', async (_when, happen) => {
    await happen();
    expect(await write()).toEqual(REFUSED);
    expect(counts()).toEqual([1, 1, 1]);
    expect(await store.sql('SELECT 1 FROM gateway_logins WHERE gateway_id = $1', [gatewayId])).toEqual([]);
    expect(await store.sql('SELECT 1 FROM sensors WHERE gateway_id = $1', [gatewayId])).toEqual([]);
  });
});

describe('replicas that have ended', () => {
  it('are forgotten after 30 days, unless a shard names them', async () => {
    const [kept, named, old] = [randomUUID(), randomUUID(), randomUUID()];
    await store.sql(
      `INSERT INTO replicas (id, name, generation, version, protocol, state, ended_at)
       VALUES ($1, 'kept', 1, '2.0.0', 1, 'gone', now() - interval '29 days'), ($2, 'named', 1, '2.0.0', 1, 'gone', now() - interval '31 days'),
         ($3, 'old', 1, '2.0.0', 1, 'gone', now() - interval '31 days') RETURNING id`,
      [kept, named, old],
    );
    await isOwner(named, EPOCH, 'active');
    const connection = new OwnershipConnection(configOf(store.database));
    await new ReplicaTables(connection).forgetEnded();
    await connection.close();
    const left = await store.sql<{ name: string }>(`SELECT name FROM replicas WHERE state = 'gone' ORDER BY name`);
    expect(left.map(({ name }) => name)).toEqual(['kept', 'named']);
  });
});
