import '../config/large-thread-pool';
import 'reflect-metadata';
import { join } from 'node:path';
import { loadConfig } from '../config/config';
import type { Config } from '../config/config';
import { ConnectionRegistry } from '../connections/connection.registry';
import { createCipher } from '../crypto/crypto.module';
import { startEmbeddedPostgres } from '../database/embedded/embedded-postgres';
import { withDataSource } from '../database/data-source';
import { migrate } from '../database/migrate';
import { seed, SEEDED_GATEWAY_IDS } from '../database/seed';
import { Factory } from '../factories/factory.entity';
import { Gateway } from '../gateways/gateway.entity';
import { GatewaysRepository } from '../gateways/gateways.repository';
import { runUntilSignal } from '../run-until-signal';
import type { Running } from '../run-until-signal';
import { startService } from '../service';
import { SimulatedFleet } from '../simulator/simulated-fleet';
import { misbehave } from './demo/misbehaviour';
import { showFleet } from './demo/fleet-view';
import { print } from './run-command';

const NOTIFY_EVERY_MS = 2000;

/** Quick enough that a frozen gateway is noticed while somebody watches. */
const DEMO_SETTINGS = { HEARTBEAT_INTERVAL_MS: 3000, HEARTBEAT_TIMEOUT_MS: 2000, RECONNECT_MAX_MS: 4000 };

void runUntilSignal(startDemo);

/** The whole product on one machine: database, six gateways that speak the real protocol, the service, and a view of it. */
async function startDemo(): Promise<Running> {
  const open: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of open.reverse()) await close();
  };
  try {
    const base = loadConfig({ NODE_ENV: 'development', DATABASE_URL: '', LOG_LEVEL: 'error' });
    const dataDir = join(base.env.DATA_DIR, 'demo');
    print(`Starting PostgreSQL in ${dataDir} …`);
    const postgres = await startEmbeddedPostgres({ dataDir });
    open.push(() => postgres.stop());
    const config = base.with({ ...DEMO_SETTINGS, DATA_DIR: dataDir, DATABASE_URL: postgres.url });

    const fleet = await SimulatedFleet.listen({ count: SEEDED_GATEWAY_IDS.length, notifyEveryMs: NOTIFY_EVERY_MS });
    open.push(() => fleet.close());
    const factoryNames = await prepareDatabase(config, fleet);

    const service = await startService(config);
    open.push(() => service.stop());
    print(`The service listens on ${service.url}; try ${service.url}/docs. Ctrl-C ends all of it.\n`);
    open.push(showFleet(service.app.get(ConnectionRegistry), factoryNames));
    const culprit = fleet.gateways.at(-1);
    if (culprit) open.push(misbehave(culprit));
    return { failed: service.failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Seeds the database, and points its gateways at the simulated ones. Gives the names of the factories by id. */
async function prepareDatabase(config: Config, fleet: SimulatedFleet): Promise<Map<string, string>> {
  await migrate(config);
  return withDataSource(config, createCipher(config, print), async (dataSource) => {
    await seed(dataSource);
    const gateways = new GatewaysRepository(dataSource.getRepository(Gateway));
    for (const [index, id] of SEEDED_GATEWAY_IDS.entries()) {
      await gateways.update(id, { url: fleet.gateways[index]?.url });
    }
    const factories = await dataSource.getRepository(Factory).find();
    return new Map(factories.map(({ id, name }) => [id, name]));
  });
}
