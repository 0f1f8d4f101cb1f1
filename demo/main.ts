import '../src/config/large-thread-pool';
import 'reflect-metadata';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ApiKey } from '../src/api-keys/api-key.entity';
import { ApiKeysRepository } from '../src/api-keys/api-keys.repository';
import { withEmbeddedDatabase } from '../src/app/embedded-database';
import { commandActor, EVERYWHERE } from '../src/common/actor';
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
import { Gateway } from '../src/gateways/gateway.entity';
import { GatewaysRepository } from '../src/gateways/gateways.repository';
import { StoredReadings } from '../src/readings/ingest/stored-readings';
import { SensorsService } from '../src/sensors/sensors.service';
import { runUntilSignal } from '../src/app/run-until-signal';
import type { Running } from '../src/app/run-until-signal';
import { startService } from '../src/app/start-service';
import type { Service } from '../src/app/start-service';
import { SimulatedFleet } from '../simulator/simulated-fleet';
import { misbehave } from './misbehaviour';
import { Calls } from './calls';
import { FleetReadings } from './fleet-readings';
import { FleetSensors } from './fleet-sensors';
import { showFleet } from './fleet-view';
import type { FleetView } from './fleet-view';
import { unplugAgainAndAgain } from './unplugging';
import { print } from '../src/cli/run-command';

/** Milliseconds between two measurements of a sensor. */
const SCHEDULE = { reading: 10_000, temp: 5000, batt: 60_000 };

/** Records of each kind that a gateway keeps: some minutes of them, so that the first start does not begin with a month of history. */
const HISTORY = 120;

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

    const fleet = await SimulatedFleet.listen({
      count: SEEDED_GATEWAY_IDS.length,
      schedule: SCHEDULE,
      depth: { count: HISTORY },
    });
    open.push(() => fleet.close());
    await prepareDatabase(config, fleet);

    const key = auth ? await createKey(config) : null;
    const service = await startService(config);
    open.push(() => service.stop());
    print(`The console is at ${service.url}/console/`);
    print(`The API is at ${service.url}/api, its documentation at ${service.url}/docs. Ctrl-C stops everything.\n`);
    open.push(watch(service, fleet, new Calls(service.url, key)));
    return { failed: service.failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Shows the fleet, and makes two gateways fail: the last one by faults in turn, the second one by unplugging it for a minute. */
function watch(service: Service, fleet: SimulatedFleet, calls: Calls): () => void {
  const { app } = service;
  let view: FleetView | null = null;
  const readings = new FleetReadings(app.get(StoredReadings), (id) => view?.say(calls.waveform(id)));
  const sensors = new FleetSensors(app.get(SensorsService));
  const registry = app.get(ConnectionRegistry);
  print(calls.first());
  view = showFleet({ registry, changes: app.get(StateChanges), sensors, readings });
  const closers = [() => view.stop(), () => sensors.stop(), () => readings.stop()];

  const culprit = fleet.gateways.at(-1);
  if (culprit) closers.push(misbehave(culprit));
  const [unplugged, id] = [fleet.gateways[1], SEEDED_GATEWAY_IDS[1]];
  if (unplugged && id !== undefined) {
    const fetched = () => readings.of(id).fetched;
    const tell = (what: string) => view.tell(`${registry.find(EVERYWHERE, id)?.gateway.label ?? id} ${what}`);
    closers.push(unplugAgainAndAgain({ gateway: unplugged, fetched, tell }));
  }
  return () => closers.forEach((close) => close());
}

/** Seeds the database, and points its gateways at the simulated ones, whose clocks are in UTC. */
async function prepareDatabase(config: Config, fleet: SimulatedFleet): Promise<void> {
  await migrate(config);
  await withDataSource(config, createCipher(config, print), async (dataSource) => {
    await seed(commandActor('demo'), dataSource);
    const gateways = new GatewaysRepository(dataSource.getRepository(Gateway));
    for (const [index, id] of SEEDED_GATEWAY_IDS.entries()) {
      await gateways.update(commandActor('demo'), id, { url: fleet.gateways[index]?.url, clockZone: 'UTC' });
    }
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
