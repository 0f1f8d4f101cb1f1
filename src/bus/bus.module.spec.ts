import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instanceId } from '../common/instance';
import { parseConfig } from '../config/config';
import { testCertificates } from '../../test/support/certificates';
import { natsSettingsOf } from './bus.module';

const shared = { DATABASE_URL: 'postgres://db/hub', NATS_URL: 'nats://10.0.0.7:4222' };

describe('the settings of NATS', () => {
  it('are none in a service that is alone', () => {
    expect(natsSettingsOf(parseConfig({}))).toBeNull();
  });

  it('are the servers, the login and the name of the cluster', () => {
    const settings = natsSettingsOf(parseConfig({ ...shared, NATS_TOKEN: 'a token', CLUSTER_NAME: 'north' }));
    expect(settings).toMatchObject({
      servers: ['nats://10.0.0.7:4222'],
      cluster: 'north',
      replicaId: instanceId,
      token: 'a token',
      tls: undefined,
    });
  });

  it('have TLS with `tls://` or with a file of authorities', async () => {
    const {
      authority: { cert: authority },
    } = await testCertificates();
    const folder = mkdtempSync(join(tmpdir(), 'gateway-hub-nats-ca-'));
    const file = join(folder, 'ca.pem');
    writeFileSync(file, authority);
    const tlsWith = (changes: Record<string, string>) => natsSettingsOf(parseConfig({ ...shared, ...changes }))?.tls;
    expect(tlsWith({ NATS_URL: 'tls://nats.example.org' })).toEqual({});
    expect(tlsWith({ NATS_CA_FILE: file })).toEqual({ ca: authority });
    rmSync(folder, { recursive: true });
  });
});
