import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { Program } from '../support/program';

const KEY = Buffer.alloc(32, 5).toString('base64');
const PRODUCTION = { NODE_ENV: 'production', AUTH: 'off', HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'trace' };

describe('secrets in files', () => {
  let folder: string;
  let database: TestDatabase;
  const programs: Program[] = [];
  const run = (name: string, variables: Record<string, string>, args: string[] = []): Program => {
    const program = new Program(name, { ...PRODUCTION, ...variables }, args);
    programs.push(program);
    return program;
  };
  const aFile = async (name: string, text: string, mode = 0o600): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-hub-secrets-'));
    database = await createDatabase();
  });
  afterEach(() => Promise.all(programs.splice(0).map((program) => program.destroy())));
  afterAll(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });

  it('SEC-26: the service and the commands read them, warn about open files, and print no secret', async () => {
    const variables = {
      DATABASE_URL_FILE: await aFile('url', `${database.url}\n`),
      ENCRYPTION_KEY_FILE: await aFile('key', `${KEY}\n`, 0o644),
    };
    const service = run('main.js', variables);
    await service.prints(/listening on/);
    expect(service.output).toMatch(/every user of this machine can read the file in ENCRYPTION_KEY_FILE/);
    expect(service.output).not.toContain('DATABASE_URL_FILE');
    expect(service.output).not.toContain(KEY);
    expect(service.output).not.toContain(new URL(database.url).password);

    const migrate = run('cli/db.js', variables, ['migrate']);
    expect(await migrate.exit()).toBe(0);
    expect(migrate.output).toContain('The schema is up to date.');
  });

  it('SEC-26: a secret in both forms prevents the start, and the message names it', async () => {
    const both = { DATABASE_URL: database.url, ENCRYPTION_KEY: KEY, ENCRYPTION_KEY_FILE: await aFile('key', KEY) };
    const program = run('main.js', both);
    expect(await program.exit()).toBe(1);
    expect(program.output).toContain('ENCRYPTION_KEY_FILE: must not be set together with ENCRYPTION_KEY');
    expect(program.output).not.toContain(KEY);
  });
});
