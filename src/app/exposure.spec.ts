import { parseConfig } from '../config/config';
import { exposureWarnings } from './exposure';

const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://db/hub',
  ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
};

describe('AUTH', () => {
  it.each([
    [{}, 'off'],
    [{ NODE_ENV: 'test' }, 'off'],
    [{ HOST: 'localhost' }, 'off'],
    [{ HOST: '::1' }, 'off'],
    [{ HOST: '127.0.0.2' }, 'off'],
    [{ HOST: '0.0.0.0' }, 'keys'],
    [{ HOST: '::' }, 'keys'],
    [{ HOST: '192.168.1.5' }, 'keys'],
    [{ HOST: 'hub.example.org' }, 'keys'],
    [{ AUTH: 'keys' }, 'keys'],
    [{ HOST: '0.0.0.0', AUTH: 'off' }, 'off'],
    [PRODUCTION, 'keys'],
    [{ ...PRODUCTION, HOST: '127.0.0.1' }, 'keys'],
    [{ ...PRODUCTION, HOST: '127.0.0.1', AUTH: 'off' }, 'off'],
  ])('SEC-01: with %j is %s', (variables, auth) => {
    expect(parseConfig(variables).auth).toBe(auth);
  });

  it('SEC-01: accepts no other value, and no bootstrap key in another form', () => {
    expect(() => parseConfig({ AUTH: 'none' })).toThrow(/AUTH/);
    expect(() => parseConfig({ BOOTSTRAP_API_KEY: 'hunter2' })).toThrow(/BOOTSTRAP_API_KEY: must be a key/);
    expect(() => parseConfig({ BOOTSTRAP_API_KEY: 'hunter2' })).not.toThrow(/hunter2/);
  });
});

describe('warnings about exposure', () => {
  it.each([
    [{}, []],
    [{ AUTH: 'keys' }, []],
    [{ HOST: '0.0.0.0', AUTH: 'off' }, [expect.stringContaining('AUTH is off')]],
    [PRODUCTION, [expect.stringContaining('plain text')]],
    [{ ...PRODUCTION, TRUSTED_PROXIES: '10.0.0.1/32' }, []],
  ])('SEC-01: with %j', (variables, expected) => {
    expect(exposureWarnings(parseConfig(variables))).toEqual(expected);
  });
});
