import '../src/config/large-thread-pool';
import 'reflect-metadata';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ApiKey } from '../src/api-keys/api-key.entity';
import { ApiKeysRepository } from '../src/api-keys/api-keys.repository';
import { withEmbeddedDatabase } from '../src/app/embedded-database';
import { commandActor } from '../src/common/actor';
import { generateKey } from '../src/common/api-key-format';
import { loadConfig } from '../src/config/config';
import type { Config } from '../src/config/config';
import { ConnectionRegistry } from '../src/status/connection.registry';
import { StateChanges } from '../src/status/state-changes';
import { createCipher } from '../src/crypto/crypto.module';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres';
import { withDataSource } from '../src/schema/data-source';
import { migrate } from '../src/schema/migrate';
import { seed, SEEDED_GATEWAY_IDS } from '../src/schema/seed';
import { Factory } from '../src/factories/factory.entity';
import { Gateway } from '../src/gateways/gateway.entity';
import { GatewaysRepository } from '../src/gateways/gateways.repository';
import { runUntilSignal } from '../src/app/run-until-signal';
import type { Running } from '../src/app/run-until-signal';
import { startService } from '../src/app/start-service';
import { SimulatedFleet } from '../simulator/simulated-fleet';
import { misbehave } from './misbehaviour';
import { showFleet } from './fleet-view';
import { print } from '../src/cli/run-command';

const NOTIFY_EVERY_MS = 2000;

/** Short, so that a frozen gateway is detected while the operator watches. */
const DEMO_SETTINGS = { HEARTBEAT_INTERVAL_MS: 3000, HEARTBEAT_TIMEOUT_MS: 2000, RECONNECT_MAX_MS: 4000 };

const KEY_LASTS_MS = 86_400_000;

void runUntilSignal(startDemo);

/** Runs everything on one machine: database, six gateways that speak the real protocol, the service, and a view of the fleet. */
async function startDemo(): Promise<Running> {
  const open: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of open.reverse()) await close();
  };
  try {
    const { auth } = parseArgs({ options: { auth: { type: 'boolean', default: false } } }).values;
    const base = loadConfig({
      NODE_ENV: 'development',
      DATABASE_URL: '',
      DATABASE_MIGRATION_URL: '',
      LOG_LEVEL: 'error',
      AUTH: auth ? 'keys' : 'off',
    });
    const dataDir = join(base.env.DATA_DIR, 'demo');
    print(`Starting PostgreSQL in ${dataDir} …`);
    const postgres = await startEmbeddedPostgres({ dataDir });
    open.push(() => postgres.stop());
    const config = await withEmbeddedDatabase(base.with({ ...DEMO_SETTINGS, DATA_DIR: dataDir }), postgres);

    const fleet = await SimulatedFleet.listen({ count: SEEDED_GATEWAY_IDS.length, notifyEveryMs: NOTIFY_EVERY_MS });
    open.push(() => fleet.close());
    const factoryNames = await prepareDatabase(config, fleet);

    const key = auth ? await createKey(config) : null;
    const service = await startService(config);
    open.push(() => service.stop());
    print(`The service listens on ${service.url}; try ${service.url}/docs. Ctrl-C stops everything.\n`);
    if (key !== null) printCalls(service.url, key);
    open.push(showFleet(service.app.get(ConnectionRegistry), service.app.get(StateChanges), factoryNames));
    const culprit = fleet.gateways.at(-1);
    if (culprit) open.push(misbehave(culprit));
    return { failed: service.failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Seeds the database, and points its gateways at the simulated ones. Returns the names of the factories by id. */
async function prepareDatabase(config: Config, fleet: SimulatedFleet): Promise<Map<string, string>> {
  await migrate(config);
  return withDataSource(config, createCipher(config, print), async (dataSource) => {
    await seed(commandActor('demo'), dataSource);
    const gateways = new GatewaysRepository(dataSource.getRepository(Gateway));
    for (const [index, id] of SEEDED_GATEWAY_IDS.entries()) {
      await gateways.update(commandActor('demo'), id, { url: fleet.gateways[index]?.url });
    }
    const factories = await dataSource.getRepository(Factory).find();
    return new Map(factories.map(({ id, name }) => [id, name]));
  });
}

/** An admin key for one day, for `--auth`. */
async function createKey(config: Config): Promise<string> {
  const key = generateKey();
  await withDataSource(config, createCipher(config, print), (dataSource) =>
    new ApiKeysRepository(dataSource.getRepository(ApiKey)).create(
      commandActor('demo'),
      { name: 'demo', role: 'admin', organizationId: null, expiresAt: new Date(Date.now() + KEY_LASTS_MS) },
      key,
    ),
  );
  return key;
}

function printCalls(url: string, key: string): void {
  print(`Callers need a key. Try:\n`);
  for (const path of ['me', 'connections']) print(`  curl -H 'Authorization: Bearer ${key}' ${url}/api/${path}`);
  print(`  curl -N -H 'Authorization: Bearer ${key}' ${url}/api/events\n`);
}
