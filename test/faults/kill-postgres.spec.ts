import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionStatusDto } from '../../src/status/connection-status.dto';
import type { GatewayDto } from '../../src/gateways/gateway.dto';
import { internalError } from '../../src/http/errors/error-response';
import { SimulatedFleet } from '../../simulator/simulated-fleet';
import { bodyOf } from '../support/api-client';
import type { Answer } from '../support/api-client';
import { LOGIN } from '../support/builders';
import { eventually } from '../support/eventually';
import { processesAbout } from '../support/program';
import { ServiceProcess } from '../support/service-process';
import { Ledger } from './support/ledger';
import type { Row } from './support/ledger';
import { holdDown, killPostgres, postmasterPid } from './support/postgres-outage';
import { report } from './support/report';
import { isFull, size } from './support/size';
import { SHORT_HISTORY } from '../support/short-history';

const SESSIONS = 5;
const PAUSE_MS = 10;
const PATIENCE_MS = 30_000;

jest.setTimeout(isFull ? 600_000 : 60_000);

describe('PostgreSQL, killed while the service works', () => {
  let dataDir: string;
  let fleet: SimulatedFleet;
  let service: ServiceProcess;
  let factoryId: string;
  let sessions: string[];
  let ledger: Ledger;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gateway-hub-kill-postgres-'));
    fleet = await SimulatedFleet.listen({ count: SESSIONS, mode: 'paths', ...SHORT_HISTORY });
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      HEARTBEAT_INTERVAL_MS: '200', // Each pong is a sign of life, and so updates `last_seen_at`.
      LAST_SEEN_INTERVAL_MS: '200',
      RECONCILE_INTERVAL_MS: '200',
    });
    factoryId = await service.createFactory();
    ledger = new Ledger();
    sessions = [];
    for (const { url } of fleet.gateways) sessions.push((await create(aRow(url, 'connected'))).id ?? '');
    await eventually(async () => expect(await service.count('connected')).toBe(SESSIONS), PATIENCE_MS);
  });
  afterAll(async () => {
    await service.program.destroy();
    await fleet.close();
    await eventually(() => expect(processesAbout(dataDir)).toEqual([]));
    await rm(dataDir, { recursive: true, force: true });
  });

  let count = 0;
  const aRow = (url: string, desired_state: Row['desired_state']): Row => {
    const label = `GW-${(count += 1)}`;
    return { gateway_id: label, name: label, url, email: LOGIN.email, metadata: { count }, desired_state };
  };

  const create = async (row: Row): Promise<{ id: string | null; answer: Answer }> => {
    const entry = ledger.open(row.gateway_id);
    const body = { ...row, password: LOGIN.password, factory_id: factoryId };
    const answer = await entry.write(row, 201, () => service.api.post('/api/gateways?allow_duplicate', body));
    entry.id = answer.status === 201 ? (answer.body as GatewayDto).id : null;
    return { id: entry.id, answer };
  };

  /** Creates gateways until the signal aborts, and collects the answers other than 201. */
  const keepCreating = async (signal: AbortSignal, refused: Answer[]): Promise<void> => {
    while (!signal.aborted) {
      const { answer } = await create(aRow('ws://127.0.0.1:9', 'disconnected'));
      if (answer.status !== 201) refused.push(answer);
      await sleep(PAUSE_MS);
    }
  };

  /** Polls every status until the signal aborts. Each must show the session that was there from the start. */
  const keepAsking = async (signal: AbortSignal): Promise<void> => {
    const since = new Map<string, string>();
    while (!signal.aborted) {
      for (const id of sessions) {
        const status = await bodyOf<ConnectionStatusDto>(service.api.get(`/api/gateways/${id}/status`));
        if (!since.has(id)) since.set(id, status.since);
        expect(status).toMatchObject({ state: 'connected', since: since.get(id), reconnects: 0 });
      }
      await sleep(PAUSE_MS);
    }
  };

  /** Runs `act` while the service is in use. Returns the answers to creates other than 201. */
  const whileUsed = async (act: (refused: readonly Answer[]) => Promise<void>): Promise<Answer[]> => {
    const over = new AbortController();
    const refused: Answer[] = [];
    const all = [act(refused), keepCreating(over.signal, refused), keepAsking(over.signal)];
    // Waits for all parts before the test goes on, even if one fails.
    const ends = await Promise.allSettled(all.map((part) => part.finally(() => over.abort())));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return refused;
  };

  const untilReadyIs = (status: number): Promise<void> =>
    eventually(async () => expect((await service.api.get('/api/health/ready')).status).toBe(status), PATIENCE_MS);

  const untilRestarted = async (killed: number): Promise<void> => {
    await eventually(() => expect(postmasterPid(dataDir)).not.toBe(killed), PATIENCE_MS);
    await untilReadyIs(200);
    // A new gateway each time: a create that was answered 500 may still have been stored.
    const createAny = () => create(aRow('ws://127.0.0.1:9', 'disconnected'));
    await eventually(async () => expect((await createAny()).answer.status).toBe(201), PATIENCE_MS);
  };

  /** Waits until each is stored as seen later than now, which requires a new sign of life and a new write. */
  const untilSeenAgain = async (): Promise<void> => {
    const now = new Date().toISOString();
    for (const id of sessions) {
      await eventually(async () => {
        const { last_seen_at } = await bodyOf<GatewayDto>(service.api.get(`/api/gateways/${id}`));
        expect((last_seen_at ?? '') > now).toBe(true);
      }, PATIENCE_MS);
    }
  };

  const expectNothingLost = async (refused: readonly Answer[]): Promise<void> => {
    expect(refused.map(({ body }) => body)).toEqual(refused.map(() => internalError));
    expect(await ledger.compare(service.api)).toEqual([]);
    await untilSeenAgain();
    const sockets = fleet.gateways.map(({ openConnections, connectionsAccepted }) => [
      openConnections,
      connectionsAccepted,
    ]);
    expect(sockets).toEqual(fleet.gateways.map(() => [1, 1]));
  };

  it('loses no session and no answered write, whenever it is killed', async () => {
    const totals = { kills: size.kills, answered: 0, refused: 0 };
    for (let kills = 1; kills <= size.kills; kills += 1) {
      const refused = await whileUsed(async () => {
        const killed = postmasterPid(dataDir);
        killPostgres(dataDir);
        await untilRestarted(killed);
      });
      await expectNothingLost(refused);
      totals.refused += refused.length;
    }
    report('kill -9 of PostgreSQL', { ...totals, answered: ledger.totals.answered });
  });

  it('makes the service not ready while it is down; writes fail safely, and the service recovers', async () => {
    const refused = await whileUsed(async (soFar) => {
      const killed = postmasterPid(dataDir);
      const endOutage = await holdDown(dataDir);
      try {
        await untilReadyIs(503);
        await eventually(() => expect(soFar.length).toBeGreaterThan(0), PATIENCE_MS);
      } finally {
        await endOutage();
      }
      await untilRestarted(killed);
    });
    await expectNothingLost(refused);
  });

  it('leaves a service that still ends cleanly', async () => {
    service.program.kill('SIGTERM');
    expect(await service.program.exit()).toBe(0);
    expect(fleet.gateways.map(({ closes }) => closes.map(({ code }) => code))).toEqual(
      fleet.gateways.map(() => [1000]),
    );
  });
});
