import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config';
import { readSecretFiles, SECRETS } from './secret-files';

const KEY = Buffer.alloc(32, 7).toString('base64');
const URL = 'postgres://hub:hunter2@db/hub';

describe('secrets in files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-hub-secrets-'));
  const aFile = (name: string, text: string, mode = 0o600): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(SECRETS)('SEC-26: reads %s from the file that its _FILE variable names', (name) => {
    const path = aFile('secret', 'text');
    expect(readSecretFiles({ [`${name}_FILE`]: path }).variables).toMatchObject({ [name]: 'text' });
  });

  it.each([
    ['text\n', 'text'],
    ['text\r\n', 'text'],
    ['text\n\n', 'text\n'],
    [' text \n', ' text '],
    ['', ''],
  ])('SEC-26: drops one trailing newline: %j is %j', (text, expected) => {
    const { variables } = readSecretFiles({ DATABASE_URL_FILE: aFile('secret', text) });
    expect(variables['DATABASE_URL']).toBe(expected);
  });

  it('SEC-26: refuses a secret in both forms, and a file that cannot be read, and names every variable', () => {
    const attempt = () =>
      readSecretFiles({
        DATABASE_URL: URL,
        DATABASE_URL_FILE: aFile('url', URL),
        ENCRYPTION_KEY_FILE: join(folder, 'missing'),
        ENCRYPTION_PREVIOUS_KEYS_FILE: folder,
      });
    expect(attempt).toThrow(/DATABASE_URL_FILE: must not be set together with DATABASE_URL\n/);
    expect(attempt).toThrow(/ENCRYPTION_KEY_FILE: must name a readable file\n/);
    expect(attempt).toThrow(/ENCRYPTION_PREVIOUS_KEYS_FILE: must name a readable file$/);
    expect(attempt).not.toThrow(/hunter2/);
  });

  it('SEC-26: counts an empty variable as unset, in both forms', () => {
    const { variables } = readSecretFiles({ DATABASE_URL: '', DATABASE_URL_FILE: aFile('url', URL) });
    expect(variables['DATABASE_URL']).toBe(URL);
    expect(readSecretFiles({ DATABASE_URL: URL, DATABASE_URL_FILE: '' }).variables['DATABASE_URL']).toBe(URL);
  });

  it('SEC-26: warns about a file that every user can read, and not about one for its owner and group', () => {
    expect(readSecretFiles({ DATABASE_URL_FILE: aFile('open', URL, 0o644) }).warnings).toEqual([
      expect.stringMatching(/DATABASE_URL_FILE/),
    ]);
    expect(readSecretFiles({ DATABASE_URL_FILE: aFile('closed', URL, 0o440) }).warnings).toEqual([]);
  });

  describe('loadConfig', () => {
    const before = { ...process.env };
    afterEach(() => (process.env = { ...before }));

    it('SEC-26: removes the secrets from the environment', () => {
      const path = aFile('key', `${KEY}\n`, 0o644);
      Object.assign(process.env, { NODE_ENV: 'production', DATABASE_URL: URL, ENCRYPTION_KEY_FILE: path });
      const { env, warnings } = loadConfig();
      expect(env).toMatchObject({ DATABASE_URL: URL, ENCRYPTION_KEY: Buffer.from(KEY, 'base64') });
      expect(warnings).toHaveLength(1);
      expect(JSON.stringify(process.env)).not.toMatch(/hunter2|BwcHBwcH/);
    });

    it('SEC-26: lets an override replace a secret that is in a file', () => {
      const inFile = { DATABASE_URL_FILE: aFile('url', URL), ENCRYPTION_KEY: KEY };
      Object.assign(process.env, { NODE_ENV: 'production', ...inFile });
      expect(loadConfig({ DATABASE_URL: 'postgres://other/hub' }).env.DATABASE_URL).toBe('postgres://other/hub');
    });
  });
});
