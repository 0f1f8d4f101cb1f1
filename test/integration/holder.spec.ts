import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Socket } from 'node:net';
import supertest from 'supertest';
import type TestAgent from 'supertest/lib/agent';
import { Ownership } from '../../src/ownership/ownership';
import { DatabaseClient } from '../../src/database/database-client';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway } from '../support/builders';
import { start } from '../support/create-app';
import type { Variables } from '../support/create-app';
import { createDatabase, createEmptyDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { EventStream } from '../support/event-stream';
import { earlierTimer } from '../support/earlier-timer';
import { eventually } from '../support/eventually';
import { SideConnection } from './support/side-connection';
import { SHORT_HISTORY } from '../support/short-history';

const LOCK = '727001, 2';
const PATIENCE_MS = 15_000;

interface Service {
  app: NestFastifyApplication;
  http: TestAgent;
}

let database: TestDatabase;
let watcher: SideConnection;
let device: SimulatedGateway;
const running = new Set<Service>();

async function startService(variables: Variables = {}): Promise<Service> {
  const app = await start(database, { DATABASE_POOL_SIZE: '3', ...variables });
  const service = { app, http: supertest.agent(await app.getUrl()) };
  running.add(service);
  return service;
}

async function close(service: Service): Promise<void> {
  running.delete(service);
  await service.app.close();
}

async function isReady({ http }: Service): Promise<boolean> {
  return (await http.get('/api/health/ready')).status === 200;
}

async function addGateway({ http }: Service): Promise<string> {
  return (await createGateway(http, await createFactory(http), device)).id;
}

/** Waits until the service says that the gateway is connected. */
async function untilConnected({ http }: Service, id: string): Promise<void> {
  await eventually(
    () =>
      http
        .get(`/api/gateways/${id}/status`)
        .expect(200)
        .expect(({ body }) => expect(body).toMatchObject({ state: 'connected' })),
    PATIENCE_MS,
  );
}

/** The connections that hold the lock, as process ids of the server. */
async function findHolders(): Promise<number[]> {
  const rows = await watcher.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 727001 AND objid = 2 AND granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rows.map(({ pid }) => pid);
}

async function prepare(make: () => Promise<TestDatabase>): Promise<void> {
  database = await make();
  watcher = await SideConnection.open(database);
  device = await SimulatedGateway.listen(SHORT_HISTORY);
}

afterEach(async () => {
  await Promise.all([...running].map(close));
  await device.close();
  await watcher.close();
  await database.drop();
});

describe('two services on one database', () => {
  let first: Service;
  let id: string;

  beforeEach(async () => {
    await prepare(createDatabase);
    first = await startService();
    id = await addGateway(first);
    await untilConnected(first, id);
  });

  it('ORCH-01: the second is live but not ready, and reports no connections', async () => {
    const { http } = await startService();

    await http.get('/api/health/live').expect(200);
    await http.get('/api/health/ready').expect(503, { status: 'not_ready', reason: 'no_sessions' });
    const health = await http.get('/api/health').expect(200);
    expect(health.body).toMatchObject({ database: 'up', connections: null });

    for (const answer of [
      await http.get(`/api/gateways/${id}/status`),
      await http.get('/api/connections'),
      await http.post(`/api/gateways/${id}/connect`),
      await http.post(`/api/gateways/${id}/disconnect`),
    ]) {
      expect([answer.status, answer.body]).toMatchObject([503, { error: { code: 'NOT_READY', statusCode: 503 } }]);
    }
    // An order that was refused was not stored either.
    const stored = await http.get(`/api/gateways/${id}`).expect(200);
    expect(stored.body).toMatchObject({ desired_state: 'connected' });
    expect([await isReady(first), device.connectionsAccepted]).toEqual([true, 1]);
  });

  it('ORCH-01: the second takes over when the first ends, and the gateway never sees two sockets', async () => {
    const second = await startService();
    expect(await isReady(second)).toBe(false);

    await close(first);

    await untilConnected(second, id);
    expect(await isReady(second)).toBe(true);
    expect(device.closes).toMatchObject([{ code: 1000 }]);
    expect([device.connectionsAccepted, device.openConnections, device.maxOpenConnections]).toEqual([2, 1, 1]);
  });

  it('ORCH-01: the second waits until every socket of the first is closed, even when a gateway hangs', async () => {
    await close(first);
    first = await startService({ CLOSE_TIMEOUT_MS: '1500', HEARTBEAT_INTERVAL_MS: '60000' });
    await untilConnected(first, id);
    const second = await startService();
    device.freeze();

    const beforeItIsCut = earlierTimer(1400);
    let isClosed = false;
    const closing = close(first).then(() => (isClosed = true));
    for (;;) {
      const isTakenOver = await isReady(second);
      if (beforeItIsCut.isDue) break; // In the meantime it may have been cut.
      expect({ isTakenOver, isClosed }).toEqual({ isTakenOver: false, isClosed: false });
    }
    await closing;

    device.thaw();
    await untilConnected(second, id);
    expect([device.connectionsAccepted, device.maxOpenConnections]).toEqual([3, 1]);
  });

  it('ORCH-01: the second gives up after its timeout, names the reason, and does not affect the first', async () => {
    const second = await startService({ SESSION_LOCK_TIMEOUT_MS: '300' });

    await expect(second.app.get(Ownership).failed).resolves.toBe(
      'another service runs the sessions of this database, and only one can',
    );

    expect(await isReady(second)).toBe(false);
    await close(second);
    await untilConnected(first, id);
    expect([device.connectionsAccepted, await findHolders()]).toEqual([1, [expect.any(Number)]]);
  });

  it('ORCH-01: a service that is stopped while it waits takes no lock, and reports no failure', async () => {
    const second = await startService();
    const failed = jest.fn();
    void second.app.get(Ownership).failed.then(failed);

    await close(second);

    expect(await findHolders()).toHaveLength(1);
    await close(first);
    expect(await findHolders()).toEqual([]);
    expect(failed).not.toHaveBeenCalled();
  });

  it('ORCH-01: the first soon connects and removes gateways that are created and deleted through the second', async () => {
    await close(first);
    first = await startService({ RECONCILE_INTERVAL_MS: '100' });
    const second = await startService();
    const other = await SimulatedGateway.listen(SHORT_HISTORY);
    try {
      const factory = await createFactory(second.http);
      const created = await createGateway(second.http, factory, other);
      await untilConnected(first, created.id);

      await second.http.delete(`/api/factories/${factory.id}`).expect(204);
      await eventually(() => first.http.get(`/api/gateways/${created.id}/status`).expect(404));
      await eventually(() => expect(other.openConnections).toBe(0));
      expect(other.maxOpenConnections).toBe(1);
    } finally {
      await other.close();
    }
  });

  it('ORCH-01: the holder gets the lock back after it loses the lock connection, and touches no session', async () => {
    const [before] = await findHolders();

    await watcher.query(`SELECT pg_terminate_backend($1)`, [before]);

    await eventually(async () => {
      expect(await isReady(first)).toBe(true);
      const holders = await findHolders();
      expect(holders).toHaveLength(1);
      expect(holders).not.toContain(before);
    });
    await untilConnected(first, id);
    expect([device.connectionsAccepted, device.openConnections, device.closes]).toEqual([1, 1, []]);
    // And it is a real one: a newcomer does not get it.
    expect(await isReady(await startService())).toBe(false);
  });

  it('ORCH-01: both ends of the lock connection send TCP keep-alives', async () => {
    const keepAlive = jest.spyOn(Socket.prototype, 'setKeepAlive');
    const query = jest.spyOn(DatabaseClient.prototype, 'query');
    await startService();

    expect(keepAlive).toHaveBeenCalledWith(true, 3000);
    const asked = query.mock.calls.map(([text]: unknown[]) => text);
    const settings = /pg_try_advisory_lock.*tcp_keepalives_idle.*tcp_keepalives_interval.*tcp_keepalives_count/s;
    expect(asked).toContainEqual(expect.stringMatching(settings));
    query.mockRestore();
    keepAlive.mockRestore();
  });

  it('ORCH-01: the holder reconnects after it loses all database connections, and touches no session', async () => {
    await watcher.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name LIKE 'gateway-hub%'`,
    );

    await eventually(async () => expect(await findHolders()).toHaveLength(1));
    await untilConnected(first, id);
    await eventually(() => first.http.get('/api/gateways').expect(200));
    expect([device.connectionsAccepted, device.openConnections, device.closes]).toEqual([1, 1, []]);
  });

  it('ORCH-01: a holder whose lock another process gets closes its sessions, and resumes them when it can', async () => {
    const other = await SideConnection.open(database);
    const [before] = await findHolders();
    const taking = other.query(`SELECT pg_advisory_lock(${LOCK})`); // Stands in line, so it is served first.
    await watcher.untilWaiting(1);

    await watcher.query(`SELECT pg_terminate_backend($1)`, [before]);
    await taking;

    await eventually(() => expect(device.openConnections).toBe(0));
    expect(device.closes).toMatchObject([{ code: 1000 }]);
    await first.http.get(`/api/gateways/${id}/status`).expect(503);
    await first.http.get('/api/health/ready').expect(503);

    await other.close();
    await untilConnected(first, id);
    expect([device.connectionsAccepted, device.maxOpenConnections]).toEqual([2, 1]);
  });

  it('ORCH-01: a holder that loses its lock ends its stream without events, and resets readers when it has the lock again', async () => {
    const url = await first.app.getUrl();
    const stream = await EventStream.open({ url });
    const other = await SideConnection.open(database);
    const [before] = await findHolders();
    const taking = other.query(`SELECT pg_advisory_lock(${LOCK})`);
    await watcher.untilWaiting(1);

    await watcher.query(`SELECT pg_terminate_backend($1)`, [before]);
    await taking;

    await eventually(() => expect(stream.ending).toBe('complete'));
    expect(stream.events).toEqual([]);
    await first.http.get('/api/events').expect(503, /NOT_READY/);

    await other.close();
    await untilConnected(first, id);
    const next = await EventStream.open({ url }, '', stream.lastId);
    await eventually(() => expect(next.events).toMatchObject([{ event: 'reset' }]));
    next.close();
  });

  it('ORCH-01: a holder whose lock another process keeps gives up after its timeout, and names the reason', async () => {
    await close(first);
    first = await startService({ SESSION_LOCK_TIMEOUT_MS: '300' });
    const other = await SideConnection.open(database);
    const [before] = await findHolders();
    const taking = other.query(`SELECT pg_advisory_lock(${LOCK})`);
    await watcher.untilWaiting(1);

    await watcher.query(`SELECT pg_terminate_backend($1)`, [before]);
    await taking;

    await expect(first.app.get(Ownership).failed).resolves.toContain('another service runs the sessions');
    expect(device.openConnections).toBe(0);
    await other.close();
  });
});

describe('four services on one empty database', () => {
  beforeEach(() => prepare(createEmptyDatabase));

  it('ORCH-01: start at the same time, and exactly one holds the sessions; when it ends, exactly one other does', async () => {
    const services = await Promise.all(Array.from({ length: 4 }, () => startService()));
    const holders = await which(services);
    expect(holders).toHaveLength(1);

    const [holder] = holders as [Service];
    const id = await addGateway(holder);
    await untilConnected(holder, id);
    await close(holder);

    const others = services.filter((service) => service !== holder);
    const [heir] = await eventually(async () => {
      const heirs = await which(others);
      expect(heirs).toHaveLength(1);
      return heirs as [Service];
    }, PATIENCE_MS);
    await untilConnected(heir, id);
    expect(await which(others)).toEqual([heir]);
    expect([device.connectionsAccepted, device.maxOpenConnections]).toEqual([2, 1]);
  });

  /** Those that are ready. */
  async function which(services: readonly Service[]): Promise<Service[]> {
    const ready = await Promise.all(services.map(isReady));
    return services.filter((_, index) => ready[index]);
  }
});
