import { aGateway } from '../support/builders';
import { bodyOf } from '../support/api-client';
import { createDatabase, queryDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';
import type { FleetProcess } from '../support/fleet-process';
import { hasNatsServer } from '../support/nats-server';
import type { NatsServer } from '../support/nats-server';
import { Client } from './cluster/client';
import { Cluster } from './cluster/cluster';
import { PATIENCE_MS } from './cluster/replica';
import type { Replica } from './cluster/replica';
import { RoundRobin } from './cluster/round-robin';
import { describeRounds } from './cluster/rounds';
import { isFull } from './support/size';

const GATEWAYS = 12;
/** How many times faster than in production the times of the protocol are. With 3, others own the gateways before these are `unknown`. */
const SPEED = 2;

jest.setTimeout(5 * PATIENCE_MS);

/** The replica that observes each gateway. */
type Owners = ReadonlyMap<string, Replica | undefined>;

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
}

function ownerOf(owners: Owners, id: string): Replica {
  const owner = owners.get(id);
  if (!owner) throw new Error(`nobody owns ${id}`);
  return owner;
}

describe('three replicas of the service', () => {
  let database: TestDatabase | undefined;
  let cluster: Cluster | undefined;
  let nats: NatsServer;
  let fleet: FleetProcess;
  let balancer: RoundRobin | undefined;
  /** Goes on while replicas are killed, cut off, frozen and stopped. */
  let client: Client | undefined;
  let replicas: readonly Replica[] = [];
  let ids: readonly string[] = [];

  beforeAll(async () => {
    if (!(await hasNatsServer())) return;
    database = await createDatabase();
    const settings = { RECONCILE_INTERVAL_MS: '500', RECONNECT_MIN_MS: '50', RECONNECT_MAX_MS: '400' };
    cluster = await Cluster.start({ database, gateways: GATEWAYS, speed: SPEED, settings });
    ({ nats, fleet, replicas, ids } = cluster);
    balancer = await RoundRobin.listen(() => replicas.map(({ service }) => service.api.url));
    client = new Client(balancer.url, at(ids, GATEWAYS - 1));
  });

  afterAll(async () => {
    await client?.stop();
    await balancer?.close();
    await cluster?.destroy();
    await database?.drop();
  });

  /** A test that needs a NATS server; without one it passes, and the suite has said so. */
  const withNats = (name: string, test: () => Promise<void>): void =>
    it(name, async () => {
      if (!cluster) return;
      if (running().length < replicas.length) throw new Error('an earlier test has failed, and a replica does not run');
      await test();
    });

  const running = () => replicas.filter(({ isRunning }) => isRunning);

  /** Waits until every gateway has one socket, and each replica says that all are connected, and by whom. @returns the owner of each */
  const untilConnected = (among: readonly Replica[] = running()): Promise<Owners> =>
    eventually(async () => {
      expect((await fleet.members()).map(({ openConnections }) => openConnections)).toEqual(Array(GATEWAYS).fill(1));
      const views = await Promise.all(among.map((replica) => replica.connections()));
      const observers = views.map((view) => Object.fromEntries(view.map(({ id, observed_by }) => [id, observed_by])));
      for (const view of views) expect(view.map(({ state }) => state)).toEqual(Array(GATEWAYS).fill('connected'));
      for (const each of observers) expect(each).toEqual(observers[0]);
      const instances = await Promise.all(among.map(instanceOf));
      const owners = new Map(ids.map((id) => [id, among[instances.indexOf(observers[0]?.[id] ?? '')]]));
      expect([...owners.values()]).not.toContain(undefined);
      return owners;
    }, PATIENCE_MS);

  const instanceOf = async (replica: Replica): Promise<string> => (await cluster?.instanceOf(replica)) ?? '';

  /** Creates gateways that are not connected until this replica owns one of them, and deletes the others. @returns its id */
  const createOwnedBy = async (replica: Replica): Promise<string> => {
    const { api } = replica.service;
    const instance = await instanceOf(replica);
    const { factory_id } = await bodyOf<{ factory_id: string }>(api.get(`/api/gateways/${at(ids, 0)}`));
    for (;;) {
      const body = aGateway({ factory_id, desired_state: 'disconnected' });
      const { id } = await bodyOf<{ id: string }>(api.post('/api/gateways', body), 201);
      if ((await replica.status(id)).observed_by === instance) return id;
      await bodyOf(api.delete(`/api/gateways/${id}`), 204);
    }
  };

  const query = (sql: string): Promise<unknown[]> =>
    database ? queryDatabase(database, sql) : Promise.reject(new Error('there is no database'));

  const untilShared = async (): Promise<Owners> => {
    await cluster?.untilShared();
    return untilConnected();
  };

  withNats('share the gateways, and each answers for all of them', async () => {
    const [one, two, three] = replicas as [Replica, Replica, Replica];
    const owners = await untilShared();
    const id = at(
      ids.filter((each) => owners.get(each) !== one),
      0,
    );
    const stream = await EventStream.open(three.service.api);

    interface Listed {
      data: { name: string; state: string; shards: number; gateways: number; is_this: boolean }[];
    }
    await eventually(async () => {
      const { data } = await bodyOf<Listed>(two.service.api.get('/api/replicas'));
      expect(data.map(({ name, state, is_this }) => [name, state, is_this])).toEqual([
        ['one', 'active', false],
        ['three', 'active', false],
        ['two', 'active', true],
      ]);
      expect(data.reduce((sum, { shards }) => sum + shards, 0)).toBe(1024);
      expect(data.reduce((sum, { gateways }) => sum + gateways, 0)).toBe(GATEWAYS);
    });

    // Orders at any replica, and what they did is read at any other at once.
    const refused = one.service.api.post(`/api/gateways/${id}/test`);
    expect(await bodyOf<object>(refused, 409)).toMatchObject({ error: { code: 'SESSION_LIVE' } });
    await bodyOf(one.service.api.post(`/api/gateways/${id}/disconnect`), 202);
    expect(await two.status(id)).toMatchObject({ desired_state: 'disconnected', state: 'disconnected' });
    expect(await three.status(id)).toMatchObject({ desired_state: 'disconnected', state: 'disconnected' });
    expect(await bodyOf<object>(one.service.api.post(`/api/gateways/${id}/test`))).toMatchObject({ ok: true });
    const order = { action: 'connect', ids };
    expect(await bodyOf<object>(two.service.api.post('/api/connections/actions', order), 202)).toMatchObject({
      failed: [],
    });
    await untilConnected();
    const audited = await query(
      `SELECT action FROM audit_log WHERE object_id = '${id}' AND action <> 'gateway.create' ORDER BY id`,
    );
    expect((audited as { action: string }[]).map(({ action }) => action)).toEqual([
      'gateway.disconnect',
      'gateway.test',
      'gateway.connect',
    ]);

    // What is written at one replica is read at every other one.
    await bodyOf(one.service.api.put(`/api/gateways/${id}`, { name: 'Renamed' }));
    for (const replica of [two, three, one]) expect(await replica.status(id)).toMatchObject({ name: 'Renamed' });
    const row = await bodyOf<{ factory_id: string }>(one.service.api.get(`/api/gateways/${id}`));
    for (let count = 0; count < 6; count += 1) {
      const body = aGateway({ factory_id: row.factory_id, desired_state: 'disconnected' });
      const extra = await bodyOf<{ id: string }>(one.service.api.post('/api/gateways', body), 201);
      expect(await two.status(extra.id)).toMatchObject({ state: 'disconnected' });
      await bodyOf(three.service.api.delete(`/api/gateways/${extra.id}`), 204);
      for (const { service } of replicas) await bodyOf(service.api.get(`/api/gateways/${extra.id}/status`), 404);
    }
    const sensors = await eventually(async () => {
      const { data } = await bodyOf<{ data: { id: string; connected: boolean | null }[] }>(
        one.service.api.get(`/api/sensors?gateway_id=${id}`),
      );
      const connected = data.filter((sensor) => sensor.connected);
      expect(connected).not.toEqual([]);
      return connected;
    }, PATIENCE_MS);
    const take = one.service.api.post(`/api/sensors/${at(sensors, 0).id}/acquisitions?wait_s=25`, { kind: 'battery' });
    expect(await bodyOf<object>(take)).toMatchObject({ state: 'completed' });

    // The stream of one replica has the changes of another, and goes on at a third.
    const changes = () => stream.statuses.filter((status) => status.id === id).map(({ state }) => state);
    await eventually(() => expect(changes().at(-1)).toBe('connected'));
    const cut = stream.events.findIndex(({ data }) => data?.includes(id));
    const resumed = await EventStream.open(one.service.api, '', stream.events[cut]?.['id']);
    await eventually(() => expect(resumed.events).toEqual(stream.events.slice(cut + 1)));
    stream.close();
    resumed.close();
  });

  withNats('go on when one is killed, and share again when it is back', async () => {
    const owners = await untilShared();
    const victim = ownerOf(owners, at(ids, 0));
    const others = replicas.filter((replica) => replica !== victim);
    const doomed = await createOwnedBy(victim);
    const stream = await EventStream.open(at(others, 1).service.api, '?include=gateways');
    victim.signal('SIGKILL');
    await victim.exit();
    await bodyOf(at(others, 0).service.api.delete(`/api/gateways/${doomed}`), 204);
    await eventually(async () => {
      expect(await at(others, 0).status(at(ids, 0))).toMatchObject({
        state: 'unknown',
        last_known: { state: 'connected' },
      });
    }, PATIENCE_MS);
    await untilConnected(others);
    await victim.startAgain();
    await untilShared();
    // Nobody had the gateway that was deleted, and yet it was told, once.
    const told = stream.events.filter(({ data }) => data?.includes(doomed)).map(({ event }) => event);
    expect(told.filter((event) => event !== 'gateway.created')).toEqual(['gateway.deleted']); // The stream may begin before that.
    stream.close();
    for (const { maxOpenConnections } of await fleet.members()) expect(maxOpenConnections).toBe(1);
  });

  withNats('take the gateways of one that is cut off from the database, before which it has closed them', async () => {
    const owners = await untilShared();
    const victim = ownerOf(owners, at(ids, 0));
    await victim.network.cut();
    await untilConnected(replicas.filter((replica) => replica !== victim));
    await victim.network.restore();
    expect(await victim.exit()).toBe(1); // It was ended: whoever supervises it starts it again.
    await victim.startAgain();
    await untilShared();
    for (const { maxOpenConnections } of await fleet.members()) expect(maxOpenConnections).toBe(1);
  });

  withNats('keep every socket while the database is away for all, and then NATS', async () => {
    await untilShared();
    const before = (await fleet.members()).map(({ connectionsAccepted }) => connectionsAccepted);
    await Promise.all(replicas.map(({ network }) => network.cut()));
    const { api } = at(replicas, 0).service;
    await eventually(async () => {
      expect((await api.get('/api/health/ready')).status).toBe(503);
      expect((await at(replicas, 0).connections()).map(({ state }) => state)).toEqual(
        Array(GATEWAYS).fill('connected'),
      );
    });
    for (const replica of replicas) await replica.untilLapsed();
    await Promise.all(replicas.map(({ network }) => network.restore()));
    await eventually(() => bodyOf(api.get('/api/health/ready')), PATIENCE_MS);
    const owners = await untilConnected();

    await nats.kill();
    const far = at(
      ids.filter((id) => owners.get(id) !== replicas[0]),
      0,
    );
    await eventually(async () => expect((await at(replicas, 0).status(far)).state).toBe('unknown'), PATIENCE_MS);
    expect(await bodyOf<object>(api.post(`/api/gateways/${far}/test`), 503)).toMatchObject({
      error: { code: 'OWNER_UNREACHABLE' },
    });
    expect((await fleet.members()).map(({ connectionsAccepted }) => connectionsAccepted)).toEqual(before);
    // A wish is stored, and its owner finds it.
    await bodyOf(api.post(`/api/gateways/${far}/disconnect`), 202);
    await eventually(async () => {
      const open = (await fleet.members()).reduce((sum, { openConnections }) => sum + openConnections, 0);
      expect(open).toBe(GATEWAYS - 1);
    }, PATIENCE_MS);
    await nats.startAgain();
    await eventually(async () => expect((await at(replicas, 0).status(far)).state).toBe('disconnected'), PATIENCE_MS);
    await bodyOf(api.post(`/api/gateways/${far}/connect`), 202);
    await untilConnected();
  });

  withNats('take the gateways of one that is frozen, which does nothing more when it thaws', async () => {
    const owners = await untilShared();
    const victim = ownerOf(owners, at(ids, 0));
    victim.signal('SIGSTOP');
    const others = replicas.filter((replica) => replica !== victim);
    await eventually(async () => expect(await instanceOf(victim)).toBe(''), PATIENCE_MS);
    const instances = await Promise.all(others.map(instanceOf));
    await eventually(async () => {
      for (const { state, observed_by } of await at(others, 0).connections()) {
        expect(state).toBe('connected');
        expect(instances).toContain(observed_by);
      }
    }, PATIENCE_MS);
    const accepted = (await fleet.members()).map(({ logins }) => logins.accepted);
    victim.signal('SIGCONT');
    expect(await victim.exit()).toBe(1);
    await untilConnected(others);
    expect((await fleet.members()).map(({ logins }) => logins.accepted)).toEqual(accepted);
    await victim.startAgain();
    await untilShared();
  });

  withNats('hand over when one is stopped', async () => {
    const owners = await untilShared();
    const leaver = ownerOf(owners, at(ids, 0));
    leaver.signal('SIGTERM');
    expect(await leaver.exit()).toBe(0);
    await untilConnected(replicas.filter((replica) => replica !== leaver));
    await client?.expectNothingLost();
  });
});

if (isFull) describeRounds();
