import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom, seedOf } from '../../simulator/seeded-random';
import { SimulatedFleet } from '../../simulator/simulated-fleet';
import { bodyOf } from '../support/api-client';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { ServiceProcess } from '../support/service-process';
import { GatewayWriter } from './support/gateway-writer';
import { Ledger } from './support/ledger';
import { report } from './support/report';
import { withSeed } from './support/seed';
import { isFull, size } from './support/size';
import { SHORT_HISTORY } from '../support/short-history';

const WRITERS = 4;
/** More than the writers can use up between two kills. */
const DEVICES = 600;
const LONGEST_LIFE_MS = 1500;
const PATIENCE_MS = 20_000;

jest.setTimeout(isFull ? 600_000 : 60_000);

describe('the service, killed during writes', () => {
  const settings = {
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    CONNECT_RATE_PER_SECOND: '1000',
    RECONNECT_MIN_MS: '50',
    RECONNECT_MAX_MS: '400',
    CLOSE_TIMEOUT_MS: '5000', // Longer than a stall of this process, which also runs the simulated gateways.
  };
  let database: TestDatabase;
  let fleet: SimulatedFleet;
  let service: ServiceProcess | null = null;

  beforeAll(async () => {
    database = await createDatabase();
    fleet = await SimulatedFleet.listen({ count: DEVICES, mode: 'paths', ...SHORT_HISTORY });
  });
  afterEach(() => service?.program.destroy());
  afterAll(async () => {
    await fleet.close();
    await database.drop();
  });

  const start = async (): Promise<ServiceProcess> => {
    service = await ServiceProcess.start({ DATABASE_URL: database.url, ...settings });
    return service;
  };

  const kill = async ({ program }: ServiceProcess, afterMs: number): Promise<void> => {
    await sleep(afterMs);
    program.kill('SIGKILL');
    await program.exit();
  };

  /** Waits until there is one socket at each of these URLs, and none elsewhere. */
  const untilSocketsAt = (urls: readonly string[]): Promise<void> =>
    eventually(() => {
      const open = fleet.gateways.flatMap(({ url, openConnections }) => Array<string>(openConnections).fill(url));
      expect(open.sort()).toEqual([...urls].sort());
    }, PATIENCE_MS);

  /** Waits until every gateway that should be connected is, with the login of its row, and there is no other socket. */
  const untilConnected = async (running: ServiceProcess, { rows }: Ledger): Promise<void> => {
    const wanted = rows.filter((row) => row.desired_state === 'connected').map(({ url }) => url);
    await untilSocketsAt(wanted);
    await eventually(async () => expect(await running.count('connected')).toBe(wanted.length), PATIENCE_MS);
  };

  /** Runs the writers until the service is killed. Rejects if an answer is not as expected. */
  const writeUntilKilled = async (running: ServiceProcess, factoryId: string, ledger: Ledger, seed: number) => {
    const used = new Set(ledger.rows.map(({ url }) => url));
    const unused = fleet.gateways.filter(({ url }) => !used.has(url));
    const writers = Array.from({ length: WRITERS }, (_, number) => {
      const desk = { api: running.api, factoryId, ledger, unused, random: seededRandom(seedOf(seed, number)) };
      return new GatewayWriter(desk, ledger.share(number, WRITERS));
    });
    const lifeMs = LONGEST_LIFE_MS * seededRandom(seed)();
    await Promise.all([...writers.map((writer) => writer.run()), kill(running, lifeMs)]);
  };

  it('LIFECYCLE-04, LIFECYCLE-05: loses no answered write, leaves none half done, and reconnects every gateway', () =>
    withSeed(async (seed) => {
      const ledger = new Ledger();
      let running = await start();
      const factoryId = await running.createFactory();

      for (let kills = 1; kills <= size.kills; kills += 1) {
        await writeUntilKilled(running, factoryId, ledger, seedOf(seed, kills));
        // Waits for the old sockets to close, so that a new one is not mistaken for a second one.
        await untilSocketsAt([]);

        running = await start();
        expect(await ledger.compare(running.api)).toEqual([]);
        await untilConnected(running, ledger);
      }

      // This also verifies the passwords of gateways that were to stay disconnected.
      await Promise.all(ledger.ids.map((id) => bodyOf(running.api.post(`/api/gateways/${id}/connect`), 202)));
      await eventually(async () => expect(await running.count('connected')).toBe(ledger.rows.length), PATIENCE_MS);
      await untilSocketsAt(ledger.rows.map(({ url }) => url));
      expect(Math.max(...fleet.gateways.map(({ maxOpenConnections }) => maxOpenConnections))).toBe(1);
      expect(Math.max(...fleet.gateways.map(({ loginCounts }) => loginCounts.refused))).toBe(0);
      report('kill -9 of the service', { kills: size.kills, ...ledger.totals, gateways: ledger.rows.length });
    }));
});
