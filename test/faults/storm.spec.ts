import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiWatch } from '../support/api-watch';
import { bodyOf } from '../support/api-client';
import { aGateway } from '../support/builders';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { FleetProcess } from '../support/fleet-process';
import { inParallel } from '../support/in-parallel';
import { openDescriptors, residentMb } from '../support/process-figures';
import type { Program } from '../support/program';
import { ServiceProcess } from '../support/service-process';
import { report } from './support/report';
import { settled } from './support/settled';
import { isFull, size } from './support/size';

/** In a full run, long enough for the memory of the storm to be collected in passing: nothing forces a collection. */
const PATIENCE_MS = isFull ? 180_000 : 60_000;
const QUIET_MS = isFull ? 20_000 : 500;
/** How long the gateways are without power. In a full run, long enough for every gateway to fail several times. */
const OUTAGE_MS = isFull ? 15_000 : 1000;
const CREATES_AT_ONCE = 10;

/** A promise of the product, checked only in a full run. */
const MEMORY_GROWTH = 1.1;

jest.setTimeout(isFull ? 900_000 : 120_000);

describe(`a storm: ${size.storm} gateways are lost at once`, () => {
  let database: TestDatabase;
  let gateways: FleetProcess;
  let hub: ServiceProcess;
  const ids: string[] = [];
  const programs: Program[] = [];

  beforeAll(async () => {
    database = await createDatabase();
    gateways = await FleetProcess.start(size.storm);
    programs.push(gateways.program);
    // As in production, with every setting at its default except for the network of the gateways.
    hub = await ServiceProcess.start({
      NODE_ENV: 'production',
      AUTH: 'off',
      HOST: '127.0.0.1',
      GATEWAY_NETWORKS: '127.0.0.0/8',
      DATABASE_URL: database.url,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    });
    programs.push(hub.program);
    const factory_id = await hub.createFactory();
    await inParallel(await gateways.members(), CREATES_AT_ONCE, async ({ url }) => {
      const created = hub.api.post('/api/gateways', aGateway({ factory_id, url }));
      ids.push((await bodyOf<{ id: string }>(created, 201)).id);
    });
    await untilAllAreConnected();
  }, PATIENCE_MS);
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.destroy()));
    await database.drop();
  });

  const untilAllAreConnected = (): Promise<void> =>
    eventually(async () => {
      expect(await hub.count('connected')).toBe(size.storm);
      const open = (await gateways.members()).map(({ openConnections }) => openConnections);
      expect(open).toEqual(open.map(() => 1));
    }, PATIENCE_MS);

  const drop = (): Promise<void> => gateways.order('all', 'drop');
  const cutPower = async (): Promise<void> => {
    await gateways.cutPower();
    await sleep(OUTAGE_MS);
    gateways = await gateways.startAgain();
    programs.push(gateways.program);
  };

  it.each([
    ['dropped', drop],
    ['without power for a while', cutPower],
  ])('ORCH-05, ORCH-06: all that were %s reconnect, one socket each, and the API answers', async (what, disturb) => {
    const watch = new ApiWatch(hub.api, ids);
    await sleep(QUIET_MS);
    const quiet = watch.take();
    const before = { mb: await settled(() => residentMb(hub.pid)), descriptors: openDescriptors(hub.pid) };
    watch.take();

    await disturb();
    const began = performance.now();
    await untilAllAreConnected();
    const seconds = (performance.now() - began) / 1000;
    const storm = await watch.stop();

    expect([...quiet.problems, ...storm.problems]).toEqual([]);
    const members = await gateways.members();
    expect(members.filter(({ maxOpenConnections }) => maxOpenConnections !== 1)).toEqual([]);
    expect(members.filter(({ logins }) => logins.refused > 0)).toEqual([]);
    await eventually(() => expect(openDescriptors(hub.pid)).toBeLessThanOrEqual(before.descriptors), PATIENCE_MS);

    if (!isFull) return;
    const afterMb = await settled(() => residentMb(hub.pid));
    const isMemoryBack = () => expect(residentMb(hub.pid)).toBeLessThanOrEqual(MEMORY_GROWTH * before.mb);
    report(`${size.storm} gateways ${what}`, {
      'all back after (s)': seconds.toFixed(1),
      'resident before (MB)': before.mb.toFixed(0),
      'resident after (MB)': afterMb.toFixed(0),
      'API p99 quiet (ms)': quiet.p99Ms.toFixed(1),
      'API p99 in the storm (ms)': storm.p99Ms.toFixed(1),
      'API answers in the storm': storm.answers,
    });
    await eventually(isMemoryBack, PATIENCE_MS);
  });
});
