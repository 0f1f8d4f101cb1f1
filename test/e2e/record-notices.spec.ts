import { randomBytes } from 'node:crypto';
import { captureLog } from '../support/captured-log';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';

describe('a record that contradicts what is stored, and one that shows that the gateway counts anew', () => {
  let log = '';
  beforeAll(() => captureLog((text) => (log += text)));
  // In production, because that log is plain JSON.
  const production = { NODE_ENV: 'production', AUTH: 'off', GATEWAY_NETWORKS: '127.0.0.0/8' };
  const hub = aHub({ ...production, ENCRYPTION_KEY: randomBytes(32).toString('base64'), LOG_LEVEL: 'info' });
  afterAll(() => jest.restoreAllMocks());

  it('leave a line each in the log', async () => {
    const device = await aDevice();
    await hub.connected(device);
    await eventually(() => expect(device.subscribedConnections).toBe(1));
    const send = (Type: string, Temp: number) =>
      device.send(JSON.stringify({ Type, Data: [{ ID: 1, Serial: 7, Time: '2026-05-21 14:07', Temp }] }));
    send('NOT_DYN_TEMP', 20);
    send('RTN_DYN_TEMPS', 20.4); // The same measurement, rounded in another way.
    send('NOT_DYN_TEMP', 22);
    await eventually(() => {
      expect(log.split('a record contradicts its reading, keeping both')).toHaveLength(2);
      expect(log.split('a gateway numbers its records anew')).toHaveLength(2);
    });
  });
});
