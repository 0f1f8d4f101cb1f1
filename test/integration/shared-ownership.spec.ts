import { randomUUID } from 'node:crypto';
import { silentLogger } from '../unit-support/silent-logger';
import { OwnershipConnection } from '../../src/ownership/ownership-connection';
import { NatsBus } from '../../src/bus/nats/nats.bus';
import type { Peers } from '../../src/ownership/peers';
import { PeersOnBus } from '../../src/ownership/peers-on-bus';
import { TIMING } from '../../src/ownership/protocol/timing';
import type { Timing } from '../../src/ownership/protocol/timing';
import { ReplicaTables } from '../../src/ownership/replica-tables';
import { SessionLock } from '../../src/ownership/session-lock';
import { SHARD_COUNT, shardOf } from '../../src/ownership/shard';
import { SharedOwnership } from '../../src/ownership/shared-ownership';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { earlierTimer } from '../support/earlier-timer';
import { eventually } from '../support/eventually';
import { hasNatsServer, NatsServer } from '../support/nats-server';
import { Neighbours } from './support/replicas';
import { SideConnection } from './support/side-connection';
import { configOf } from './support/store';

/** Long, for a busy machine: nothing waits for its end. */
const PATIENCE_MS = 60_000;

/** Half of the real times, and quick to join. */
const TIMES: Timing = {
  ...TIMING,
  lookMs: 400,
  orderMs: TIMING.orderMs / 2,
  expiryMs: TIMING.expiryMs / 2,
  gapMs: TIMING.gapMs / 2,
  settleMs: 500,
};

jest.setTimeout(4 * PATIENCE_MS);

/** A quarter of the real times. */
const QUICK: Timing = {
  ...TIMING,
  lookMs: 200,
  orderMs: TIMING.orderMs / 4,
  expiryMs: TIMING.expiryMs / 4,
  gapMs: TIMING.gapMs / 4,
  askMs: TIMING.askMs / 4,
  cutOffMs: TIMING.cutOffMs / 4,
  isolatedHoldMs: TIMING.isolatedHoldMs / 4,
  settleMs: 0,
};

interface Replica {
  readonly id: string;
  readonly ownership: SharedOwnership;
  readonly connection: OwnershipConnection;
  /** What it was told to start, and not to end since. */
  readonly running: Set<number>;
  readonly losses: string[];
}

let database: TestDatabase;
let watcher: SideConnection;
const replicas = new Set<Replica>();

function aReplica(
  name: string,
  variables: Record<string, string> = {},
  timing = TIMES,
  peersOf: (id: string) => Peers = (id) => new Neighbours(id),
): Replica {
  const id = randomUUID();
  const config = configOf(database, { REPLICA_NAME: name, ...variables });
  const connection = new OwnershipConnection(config);
  const tables = new ReplicaTables(connection);
  const options = { id, timing };
  const ownership = new SharedOwnership(config, connection, tables, peersOf(id), silentLogger(), options);
  const running = new Set<number>();
  const losses: string[] = [];
  const numbers = (shards: 'all' | readonly number[]) => (shards === 'all' ? [] : shards);
  const end = (shards: 'all' | readonly number[]) => {
    for (const shard of numbers(shards)) running.delete(shard);
    return Promise.resolve();
  };
  ownership.onGained((shards) => {
    for (const shard of numbers(shards)) running.add(shard);
    return Promise.resolve();
  });
  ownership.onGiven(end);
  ownership.onLost((shards, why) => {
    losses.push(why);
    return end(shards);
  });
  const replica = { id, ownership, connection, running, losses };
  replicas.add(replica);
  void ownership.start();
  return replica;
}

/** Cuts a replica off from the database. @returns a function that ends it */
function cutOff({ connection }: Replica): () => void {
  const query = jest.spyOn(connection, 'query').mockRejectedValue(new Error('cut off'));
  return () => query.mockRestore();
}

async function leave(replica: Replica): Promise<void> {
  Neighbours.all.delete(replica.id);
  replicas.delete(replica);
  await replica.ownership.drain();
}

/** Waits until each of these has so many shards, by its own account and by the table. */
async function untilOwned(...shares: (readonly [replica: Replica, shards: number])[]): Promise<void> {
  await eventually(async () => {
    const rows = await watcher.query<{ owner: string; count: number }>(
      `SELECT owner, count(*)::int AS count FROM shards WHERE owner IS NOT NULL GROUP BY owner`,
    );
    const byOwner = new Map(rows.map(({ owner, count }) => [owner, count]));
    expect(shares.map(([{ id }]) => byOwner.get(id) ?? 0)).toEqual(shares.map(([, shards]) => shards));
    expect(shares.map(([{ running }]) => running.size)).toEqual(shares.map(([, shards]) => shards));
  }, PATIENCE_MS);
}

beforeEach(async () => {
  database = await createDatabase();
  watcher = await SideConnection.open(database);
});

afterEach(async () => {
  await Promise.all([...replicas].map(leave));
  await watcher.close();
  await database.drop();
});

describe('replicas that share the gateways of a database', () => {
  it('divides all shards, gives them over when one leaves, and takes them when one is cut off', async () => {
    const first = aReplica('one');
    await untilOwned([first, SHARD_COUNT]);
    const second = aReplica('two');
    await untilOwned([first, SHARD_COUNT / 2], [second, SHARD_COUNT / 2]);

    const gatewayId = randomUUID();
    const [owner, other] = first.ownership.owns(gatewayId) ? [first, second] : [second, first];
    expect(owner.ownership.mayOrder(gatewayId)).toBe(true);
    expect(owner.ownership.epochOf(gatewayId)).toBeGreaterThan(0);
    expect(other.ownership.mayOrder(gatewayId)).toBe(false);
    expect(other.ownership.epochOf(gatewayId)).toBeNull();
    await eventually(() =>
      expect(other.ownership.ownerOf(gatewayId)).toEqual({ ...owner.ownership.self, isLive: true }),
    );

    const reconnect = cutOff(second);
    await untilOwned([first, SHARD_COUNT]);
    expect(second.running.size).toBe(0);
    expect(['cut_off', 'told']).toContain(second.losses.at(-1));
    reconnect();
    await expect(second.ownership.failed).resolves.toContain('this replica was ended');
    const third = aReplica('three');
    await untilOwned([first, SHARD_COUNT / 2], [third, SHARD_COUNT / 2]);
    await leave(third);
    await untilOwned([first, SHARD_COUNT]);
    expect(third.running.size).toBe(0);
    const ended = await watcher.query(`SELECT name, ended_by FROM replicas WHERE state = 'gone' ORDER BY name`);
    expect(ended).toEqual([
      { name: 'three', ended_by: expect.any(String) as unknown },
      { name: 'two', ended_by: first.id },
    ]);
  });

  it('a replica that starts again under its name gets its shards at once, and the earlier one ends', async () => {
    const first = aReplica('one');
    await untilOwned([first, SHARD_COUNT]);
    const again = aReplica('one');
    await untilOwned([again, SHARD_COUNT]);
    await expect(first.ownership.failed).resolves.toContain('this replica was ended');
    expect([first.running.size, first.losses]).toEqual([0, ['ended']]);
  });

  it('loses no shard when the database ends its connection', async () => {
    const only = aReplica('one', {}, TIMING);
    await untilOwned([only, SHARD_COUNT]);
    const gatewayId = randomUUID();
    const epoch = only.ownership.epochOf(gatewayId);
    await watcher.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gateway-hub ownership'`,
    );
    const beat = async () => (await watcher.query<{ beat: string }>('SELECT beat FROM replicas'))[0]?.beat;
    const before = await beat();
    await eventually(async () => expect(Number(await beat())).toBeGreaterThan(Number(before) + 2), PATIENCE_MS);
    expect([only.losses, only.ownership.epochOf(gatewayId), only.running.size]).toEqual([[], epoch, SHARD_COUNT]);
  });

  it('waits for a service that runs alone, and then keeps such a one out', async () => {
    const lock = new SessionLock(configOf(database));
    expect(await lock.tryAcquire(() => undefined)).toBe('acquired');
    const late = aReplica('one', { SESSION_LOCK_TIMEOUT_MS: '200' });
    await expect(late.ownership.failed).resolves.toBe('a service that runs alone has the sessions of this database');

    const patient = aReplica('two');
    await lock.release();
    await untilOwned([patient, SHARD_COUNT]);
    expect(await lock.tryAcquire(() => undefined)).toBe('taken');
    const beside = aReplica('three');
    await untilOwned([patient, SHARD_COUNT / 2], [beside, SHARD_COUNT / 2]);
  });

  it('does not join replicas that speak another protocol, nor after a later one of its name', async () => {
    await watcher.query(
      `INSERT INTO replicas (id, name, generation, version, protocol) VALUES ($1, 'one', 0, '9.0.0', 99)`,
      [randomUUID()],
    );
    const tooOld = aReplica('two');
    await expect(tooOld.ownership.failed).resolves.toContain('speaks another protocol');
    await watcher.query(`UPDATE replicas SET protocol = 1, name = 'three', generation = $1`, [Date.now() + 60_000]);
    const replaced = aReplica('three');
    await expect(replaced.ownership.failed).resolves.toContain('the same REPLICA_NAME was started later');
  });

  it('computes the shard of a gateway as the database does', async () => {
    const ids = Array.from({ length: 200 }, () => randomUUID());
    const rows = await watcher.query<{ shard: number }>(
      `SELECT shard_of(id) AS shard FROM unnest($1::uuid[]) WITH ORDINALITY AS given (id, n) ORDER BY n`,
      [ids],
    );
    expect(rows.map(({ shard }) => shard)).toEqual(ids.map(shardOf));
  });
});

describe('replicas that reach each other over NATS', () => {
  let server: NatsServer | null = null;
  const buses = new Map<string, NatsBus>();

  beforeAll(async () => {
    if (await hasNatsServer()) server = await NatsServer.start();
  });

  afterEach(async () => {
    await Promise.all([...buses.values()].map((bus) => bus.stop()));
    buses.clear();
  });

  afterAll(async () => {
    await server?.destroy();
  });

  function onTheBus(name: string, cluster: string, servers: readonly string[], timing: Timing): Replica {
    return aReplica(name, {}, timing, (id) => {
      const bus = new NatsBus({ servers, cluster, replicaId: id, streamReplicas: 1 }, silentLogger());
      buses.set(id, bus);
      void bus.start();
      return new PeersOnBus(bus, { id });
    });
  }

  it('keep their shards while all of them are blind, and give them up when no peer answers', async () => {
    if (!server) return;
    const cluster = randomUUID();
    const first = onTheBus('one', cluster, [server.url], QUICK);
    await untilOwned([first, SHARD_COUNT]);
    const second = onTheBus('two', cluster, [server.url], QUICK);
    await untilOwned([first, SHARD_COUNT / 2], [second, SHARD_COUNT / 2]);

    const gatewayId = randomUUID();
    const { ownership } = first.ownership.owns(gatewayId) ? first : second;
    const reconnect = [cutOff(first), cutOff(second)];
    await eventually(() => expect(ownership.mayOrder(gatewayId)).toBe(false), PATIENCE_MS);
    const held = earlierTimer(3 * QUICK.isolatedHoldMs);
    await held.due;
    expect([first.losses, second.losses, ownership.mayConnect(gatewayId)]).toEqual([[], [], true]);

    await server.kill();
    await eventually(() => expect([first.losses, second.losses]).toEqual([['isolated'], ['isolated']]), PATIENCE_MS);
    reconnect.forEach((end) => end());
    await server.startAgain();
    await untilOwned([first, SHARD_COUNT / 2], [second, SHARD_COUNT / 2]);
  });

  it('tell one that it was ended', async () => {
    if (!server) return;
    const cluster = randomUUID();
    // Would keep its sockets for long after it is cut off, if nobody told it.
    const patient = { ...QUICK, cutOffMs: PATIENCE_MS, isolatedHoldMs: PATIENCE_MS };
    const first = onTheBus('one', cluster, [server.url], patient);
    await untilOwned([first, SHARD_COUNT]);
    const second = onTheBus('two', cluster, [server.url], { ...QUICK, settleMs: PATIENCE_MS });
    await eventually(() => expect(second.ownership.ownerOf(randomUUID())?.isLive).toBe(true), PATIENCE_MS);
    const reconnect = cutOff(first);
    await eventually(() => expect(first.losses).toEqual(['told']), PATIENCE_MS);
    await untilOwned([second, SHARD_COUNT]);
    reconnect();
  });
});
