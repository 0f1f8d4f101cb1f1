import { WAIT_FOR_LOCK_MS } from '../../src/ownership/sole-ownership';
import { LOCK_EXPIRES_MS } from '../../src/ownership/session-lock';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { bodyOf } from '../support/api-client';
import { aGateway } from '../support/builders';
import { createDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { Program } from '../support/program';
import { ServiceProcess } from '../support/service-process';

const PATIENCE_MS = 20_000;

describe('a service that is frozen', () => {
  it('ORCH-01: is replaced within ten seconds, and sends no login or unsubscribe to a gateway when it resumes', async () => {
    const database = await createDatabase();
    const variables = {
      DATABASE_URL: database.url,
      ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64'),
      HEARTBEAT_INTERVAL_MS: '1000',
      SESSION_LOCK_TIMEOUT_MS: '60000',
    };
    const device = await SimulatedGateway.listen();
    const first = await ServiceProcess.start(variables);
    const second = new Program('main.js', { PORT: '0', ...variables });
    try {
      await second.prints(/another service runs the sessions/);
      const factory = await first.createFactory();
      await bodyOf(first.api.post('/api/gateways', aGateway({ factory_id: factory, url: device.url })), 201);
      await eventually(async () => expect(await first.count('connected')).toBe(1));

      expect(LOCK_EXPIRES_MS + WAIT_FOR_LOCK_MS).toBeLessThan(10_000);
      first.program.kill('SIGSTOP');
      await eventually(() => expect(device.logins).toHaveLength(2), PATIENCE_MS);
      expect(device.openConnections).toBe(2); // The system keeps that of the frozen one open.

      const received = device.received.length;
      first.program.kill('SIGCONT');
      await eventually(() => expect(device.openConnections).toBe(1));
      await first.program.prints(/was frozen[^]*another service runs the sessions/);

      expect(device.received.slice(received).filter((text) => /UNSUB|LOGIN/.test(text))).toEqual([]);
      expect(device.closes.at(-1)).toMatchObject({ code: 1006 });
      expect(device.logins).toHaveLength(2);
      await eventually(() => bodyOf(first.api.get('/api/health/ready'), 503));
      second.kill('SIGTERM');
      await second.exit();
      await eventually(async () => expect(await first.count('connected')).toBe(1), PATIENCE_MS);
      expect([device.logins.length, device.openConnections]).toEqual([3, 1]);
    } finally {
      await Promise.all([first.program.destroy(), second.destroy(), device.close()]);
      await database.drop();
    }
  });
});
