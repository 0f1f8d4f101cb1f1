import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { ConnectionStatusDto } from '../../src/status/connection-status.dto';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { bodyOf } from '../support/api-client';
import { aGateway } from '../support/builders';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { NameServer, whyNoNameServer } from '../support/name-server';
import { ServiceProcess } from '../support/service-process';

const DEAD_NAMES = 30;

const whyNot = whyNoNameServer();

(whyNot === null ? describe : describe.skip)(
  `a service with a name server${whyNot === null ? '' : ` (skipped: ${whyNot})`}`,
  () => {
    let database: TestDatabase;
    let names: NameServer;
    let hub: ServiceProcess;
    let device: SimulatedGateway;
    let factory_id: string;

    beforeAll(async () => {
      database = await createDatabase();
      names = await NameServer.start();
      device = await SimulatedGateway.listen();
      const variables = {
        NODE_ENV: 'production',
        AUTH: 'off',
        HOST: '127.0.0.1',
        // Nobody has a way to the last one: the system says so at once.
        GATEWAY_NETWORKS: '127.0.0.1/32, 255.255.255.255/32',
        DATABASE_URL: database.url,
        ENCRYPTION_KEY: randomBytes(32).toString('base64'),
        RECONNECT_MIN_MS: '20',
        RECONNECT_MAX_MS: '50',
        CONNECT_TIMEOUT_MS: '60000',
      };
      hub = await ServiceProcess.start(variables, undefined, names.launcher);
      factory_id = await hub.createFactory();
    });
    afterAll(async () => {
      await hub.program.destroy();
      await device.close();
      await names.close();
      await database.drop();
    });

    async function create(host: string): Promise<string> {
      const url = `ws://${host}:${new URL(device.url).port}`;
      return (await bodyOf<{ id: string }>(hub.api.post('/api/gateways', aGateway({ factory_id, url })), 201)).id;
    }

    const statusOf = (id: string) => bodyOf<ConnectionStatusDto>(hub.api.get(`/api/gateways/${id}/status`));

    it('keeps retrying when a name resolves to an unreachable address', async () => {
      names.tell('no-route.example', '255.255.255.255');
      const id = await create('no-route.example');
      await eventually(async () => expect((await statusOf(id)).attempt).toBeGreaterThan(2));
      const { reason } = await statusOf(id);
      expect(reason).toMatchObject({ step: 'tcp', code: 'unreachable' });
      expect(reason?.message).toContain('ENETUNREACH');
      await bodyOf(hub.api.delete(`/api/gateways/${id}`), 204);
    });

    it('SEC-15: does not dial a name that later resolves to an address that is not allowed', async () => {
      names.tell('moving.example', '127.0.0.1');
      const id = await create('moving.example');
      await eventually(async () => expect((await statusOf(id)).state).toBe('connected'));
      names.tell('moving.example', '127.0.0.2');
      device.drop();
      await eventually(async () => expect((await statusOf(id)).reason?.code).toBe('address_refused'));
      names.tell('moving.example', '127.0.0.1');
      await eventually(async () => expect((await statusOf(id)).state).toBe('connected'));
      await bodyOf(hub.api.delete(`/api/gateways/${id}`), 204);
    });

    it('connects to a known name while many look-ups of other names get no answer', async () => {
      const dead: string[] = [];
      for (let number = 0; number < DEAD_NAMES; number += 1) dead.push(await create(`dead-${number}.local`));
      names.tell('good.example', '127.0.0.1');
      const good = await create('good.example');
      await eventually(async () => expect((await statusOf(good)).state).toBe('connected'));
      for (const id of dead)
        expect(await statusOf(id)).toMatchObject({ state: 'connecting', attempt: 0, reason: null });
      expect([...names.asked].filter((name) => name.startsWith('dead'))).toHaveLength(DEAD_NAMES);
      // Threads of the pool, and some of the engine.
      expect(readdirSync(`/proc/${hub.pid}/task`).length).toBeGreaterThan(128);
    });

    it('stops in time although look-ups hang that cannot be cancelled', async () => {
      hub.program.kill('SIGTERM');
      await hub.program.exit();
      expect(hub.program.output).not.toContain('it did not stop in time');
      expect(device.openConnections).toBe(0);
    });
  },
);
