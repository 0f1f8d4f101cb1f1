import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway } from '../support/builders';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { SHORT_HISTORY } from '../support/short-history';
import { Neighbours, startReplica } from './support/replicas';
import type { RunningReplica } from './support/replicas';
import { SideConnection } from './support/side-connection';

/** Long, for a busy machine: nothing waits for its end. */
const PATIENCE_MS = 60_000;
const GATEWAYS = 6;

jest.setTimeout(4 * PATIENCE_MS);

interface Moved {
  readonly gateway_id: string;
  readonly from_state: string;
  readonly to_state: string;
  readonly code: string | null;
}

let database: TestDatabase;
let watcher: SideConnection;
const replicas = new Set<RunningReplica>();
const devices = new Map<string, SimulatedGateway>();

async function aReplica(name: string): Promise<RunningReplica> {
  const replica = await startReplica(database, name, { RECONCILE_INTERVAL_MS: '300' });
  replicas.add(replica);
  return replica;
}

async function end(replica: RunningReplica): Promise<void> {
  replicas.delete(replica);
  await replica.app.close();
  Neighbours.all.delete(replica.id);
}

const ownedBy = ({ ownership }: RunningReplica) => [...devices.keys()].filter((id) => ownership.owns(id));

/** Waits until each gateway has one session, at the replica that owns it. */
async function untilConnected(...among: RunningReplica[]): Promise<void> {
  await eventually(async () => {
    expect(among.flatMap(ownedBy).sort()).toEqual([...devices.keys()].sort());
    for (const replica of among) {
      for (const id of ownedBy(replica)) {
        const status = await replica.http.get(`/api/gateways/${id}/status`).expect(200);
        expect(status.body).toMatchObject({ state: 'connected' });
      }
    }
    expect([...devices.values()].map(({ subscribedConnections }) => subscribedConnections)).toEqual(
      Array.from(devices, () => 1),
    );
  }, PATIENCE_MS);
}

/** The stored history, the oldest first. */
function history(): Promise<Moved[]> {
  return watcher.query<Moved>(
    `SELECT gateway_id, from_state, to_state, reason->>'code' AS code FROM gateway_connection_events ORDER BY id`,
  );
}

beforeAll(async () => {
  database = await createDatabase();
  watcher = await SideConnection.open(database);
});

afterAll(async () => {
  await Promise.all([...replicas].map(end));
  await Promise.all([...devices.values()].map((device) => device.close()));
  await watcher.close();
  await database.drop();
});

describe('sessions of replicas', () => {
  let first: RunningReplica;
  let second: RunningReplica;

  it('start at the replica that owns the gateway, and nowhere else', async () => {
    first = await aReplica('one');
    await eventually(() => first.http.get('/api/health/ready').expect(200), PATIENCE_MS);
    const factory = await createFactory(first.http);
    for (let n = 0; n < GATEWAYS; n += 1) {
      const device = await SimulatedGateway.listen(SHORT_HISTORY);
      devices.set((await createGateway(first.http, factory, device)).id, device);
    }
    await untilConnected(first);

    second = await aReplica('two');
    // Some of those that are added now belong to the second, which finds them in the table.
    await eventually(async () => expect(await shardsOf(second)).toBeGreaterThan(0), PATIENCE_MS);
    while (ownedBy(first).length === 0 || ownedBy(second).length === 0) {
      const device = await SimulatedGateway.listen(SHORT_HISTORY);
      devices.set((await createGateway(first.http, factory, device)).id, device);
    }
    await untilConnected(first, second);
    expect([...devices.values()].map(({ maxOpenConnections }) => maxOpenConnections)).toEqual(
      Array.from(devices, () => 1),
    );
  });

  it('move when a replica leaves: closed with 1000 and stored, and told as a move and nothing else', async () => {
    const given = ownedBy(second);
    const before = (await history()).length;
    await end(second);
    await untilConnected(first);
    for (const id of given) {
      const device = devices.get(id);
      expect(device?.closes.at(-1)?.code).toBe(1000);
      expect(device?.maxOpenConnections).toBe(1);
    }
    await eventually(async () => {
      const moves = (await history()).slice(before).filter(({ gateway_id }) => given.includes(gateway_id));
      expect(
        moves
          .filter(({ code }) => code === 'moved')
          .map(({ gateway_id }) => gateway_id)
          .sort(),
      ).toEqual(expect.arrayContaining([...given].sort()));
      expect(moves.map(({ to_state }) => to_state)).not.toContain('disconnected');
      expect(moves.map(({ to_state }) => to_state)).not.toContain('reconnecting');
    });
    const seen = await watcher.query<{ id: string }>('SELECT id FROM gateways WHERE last_seen_at IS NOT NULL');
    expect(seen.map(({ id }) => id)).toEqual(expect.arrayContaining(given));
  });

  it('end at once at a replica that is cut off, which stores nothing of it', async () => {
    const third = await aReplica('three');
    await eventually(async () => expect(await shardsOf(third)).toBeGreaterThan(0), PATIENCE_MS);
    await untilConnected(first, third);
    const lost = ownedBy(third);
    const before = (await history()).length;
    const reconnect = third.cutOff();
    await untilConnected(first);
    for (const id of lost) {
      expect(devices.get(id)?.closes.at(-1)?.code).toBe(1006);
      expect(devices.get(id)?.maxOpenConnections).toBe(1);
    }
    await eventually(async () => {
      const told = (await history()).slice(before).filter(({ gateway_id }) => lost.includes(gateway_id));
      expect(told.map(({ to_state }) => to_state).sort()).toEqual(
        lost.flatMap(() => ['connecting', 'authenticating', 'connected']).sort(),
      );
    });
    reconnect();
  });
});

async function shardsOf({ id }: RunningReplica): Promise<number> {
  const [row] = await watcher.query<{ count: number }>('SELECT count(*)::int AS count FROM shards WHERE owner = $1', [
    id,
  ]);
  return row?.count ?? 0;
}
