import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf } from '../support/api-client';
import { ApiWatch } from '../support/api-watch';
import { aGateway } from '../support/builders';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { FleetProcess } from '../support/fleet-process';
import { inParallel } from '../support/in-parallel';
import type { Peer } from '../support/peers';
import { residentMb } from '../support/process-figures';
import type { Program } from '../support/program';
import { ServiceProcess } from '../support/service-process';
import { HOSTILE_FRAMES, hostileGateway } from './support/hostile-gateway';
import { report } from './support/report';
import { isFull } from './support/size';

const MB = 1024 * 1024;
const HEALTHY = isFull ? 1000 : 50;
const ATTACK_MS = isFull ? 20_000 : 1000;
const PATIENCE_MS = 90_000;
const DEFAULT_LIMIT = 20 * MB;
const LARGE_LIMIT = 64 * MB;

const MOST_MB = 512;

jest.setTimeout(isFull ? 900_000 : 120_000);

type Case = [frames: string, bytes: number, moment: 'before' | 'after'];

const underTheLimit = (limit: number): Case => ['just under the limit, after the login', limit - MB, 'after'];
const refused: Case = ['of 60 MB, which the limit refuses', 60_000_000, 'after'];
const beforeTheLogin: Case = ['of 60 MB, before the login', 60_000_000, 'before'];

describe.each<[string, number, Case[]]>([
  ['the default limit', DEFAULT_LIMIT, [underTheLimit(DEFAULT_LIMIT), refused, beforeTheLogin]],
  ['a limit of 64 MiB', LARGE_LIMIT, [underTheLimit(LARGE_LIMIT)]],
])(`five hostile gateways beside ${HEALTHY} healthy ones, with %s`, (_, limit, cases) => {
  let database: TestDatabase;
  let hub: ServiceProcess;
  let factory_id: string;
  const programs: Program[] = [];
  const hostile: Peer[] = [];
  const ids: string[] = [];

  beforeAll(async () => {
    database = await createDatabase();
    const gateways = await FleetProcess.start(HEALTHY);
    programs.push(gateways.program);
    hub = await ServiceProcess.start({
      NODE_ENV: 'production',
      AUTH: 'off',
      HOST: '127.0.0.1',
      DATABASE_URL: database.url,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      GATEWAY_NETWORKS: '127.0.0.0/8',
      GATEWAY_MAX_MESSAGE_BYTES: `${limit}`,
      NODE_OPTIONS: '--max-old-space-size=1024',
    });
    programs.push(hub.program);
    factory_id = await hub.createFactory();
    await inParallel(await gateways.members(), 10, async ({ url }) => {
      const created = hub.api.post('/api/gateways', aGateway({ factory_id, url }));
      ids.push((await bodyOf<{ id: string }>(created, 201)).id);
    });
    await eventually(async () => expect(await hub.count('connected')).toBe(HEALTHY), PATIENCE_MS);
  }, PATIENCE_MS);
  afterEach(async () => {
    await Promise.all(hostile.splice(0).map((gateway) => gateway.close()));
  });
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.destroy()));
    await database.drop();
  });

  it.each(cases)(
    'SEC-20: delay no request, end no healthy session and take little memory with frames %s',
    async (what, bytes, moment) => {
      for (const frame of HOSTILE_FRAMES) hostile.push(await hostileGateway(frame, bytes, moment));
      const attackers: string[] = [];
      for (const { url } of hostile) {
        const created = await bodyOf<{ id: string }>(hub.api.post('/api/gateways', aGateway({ factory_id, url })), 201);
        attackers.push(created.id);
      }
      const drafts = hostile.map(({ url }) => hub.api.post('/api/gateways/test', aGateway({ factory_id, url })));

      const watch = new ApiWatch(hub.api, ids);
      let mostMb = 0;
      const until = performance.now() + ATTACK_MS;
      while (performance.now() < until) {
        mostMb = Math.max(mostMb, residentMb(hub.pid));
        await sleep(50);
      }
      const { p99Ms, problems, answers } = await watch.stop();
      for (const draft of drafts) expect((await draft).status).toBe(200);

      report(`hostile frames ${what}, limit ${limit / MB} MiB`, {
        'API p99 (ms)': p99Ms.toFixed(1),
        answers,
        'resident, at most (MB)': mostMb.toFixed(0),
      });
      expect(problems).toEqual([]);
      expect(mostMb).toBeLessThan(MOST_MB);
      for (const id of attackers) await hub.api.delete(`/api/gateways/${id}`);
      const page = await bodyOf<{ data: { reconnects: number; state: string }[] }>(
        hub.api.get('/api/connections?limit=100&state=connected'),
      );
      expect(page.data.filter(({ reconnects }) => reconnects > 0)).toEqual([]);
      expect(await hub.count('connected')).toBe(HEALTHY);
    },
  );
});
