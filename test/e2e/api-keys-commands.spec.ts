import { generateKey } from '../../src/common/api-key-format';
import { queryOnce } from '../integration/support/catalog';
import { ApiClient, bodyOf } from '../support/api-client';
import { createDatabase, createEmptyDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { Program } from '../support/program';

const KEY = /^gwh_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/m;
const ENCRYPTION_KEY = Buffer.alloc(32, 7).toString('base64');

let database: TestDatabase;
const programs: Program[] = [];

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.destroy()));
  await database.drop();
});

function run(name: string, args: string[], variables: Record<string, string> = {}): Program {
  const program = new Program(name, { DATABASE_URL: database.url, ENCRYPTION_KEY, ...variables }, args);
  programs.push(program);
  return program;
}

async function command(...args: string[]): Promise<{ code: number | null; output: string }> {
  const program = run('cli/api-keys.js', args);
  return { code: await program.exit(), output: program.output };
}

/** A service as in production, on a loopback address. */
async function start(variables: Record<string, string> = {}): Promise<{ program: Program; url: string }> {
  const program = run('main.js', [], { NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', ...variables });
  const [, url = ''] = await program.prints(/listening on (http:\/\/[^\s,"]+)/);
  return { program, url };
}

async function statusWith(url: string, key: string, path = '/api/me'): Promise<number> {
  return (await fetch(url + path, { headers: { authorization: `Bearer ${key}` } })).status;
}

describe('the first start in production', () => {
  it('SEC-11: serves nobody, says once how to make a key, and serves a key that is made beside it', async () => {
    database = await createDatabase();
    const { program, url } = await start();
    expect((await new ApiClient(url).get('/api/organizations')).status).toBe(401);
    expect((await new ApiClient(url).post('/api/keys', { name: 'k', role: 'admin' })).status).toBe(401);
    expect(program.output.match(/there is no API key.*npm run api-keys:create/g)).toHaveLength(1);
    expect(program.output).not.toContain('gwh_');

    const { code, output } = await command('create', '--name', 'Me', '--role', 'admin');
    const [key = ''] = KEY.exec(output) ?? [];
    expect(code).toBe(0);
    await eventually(async () => expect(await statusWith(url, key)).toBe(200));
    expect((await command('list')).output).toMatch(new RegExp(`^${key.slice(0, 12)}\tactive\tadmin\t-\t-\t`, 'm'));
    expect(await command('revoke', key.slice(0, 12))).toMatchObject({ code: 0 });
    await eventually(async () => expect(await statusWith(url, key)).toBe(401));
    expect((await command('list')).output).toContain('\trevoked\t');
    expect(program.output).not.toContain(key.slice(13));
  });

  it('SEC-11: stores BOOTSTRAP_API_KEY once, and never again after it was revoked', async () => {
    database = await createDatabase();
    const [first, second] = [generateKey(), generateKey()];
    const { program, url } = await start({ BOOTSTRAP_API_KEY: first });
    expect(await statusWith(url, first, '/api/organizations')).toBe(200);
    expect(program.output).toContain('stored BOOTSTRAP_API_KEY as the admin key bootstrap');
    expect(program.output).not.toContain(first.slice(13));
    program.kill('SIGTERM');
    await program.exit();

    await command('revoke', first.slice(0, 12));
    for (const key of [first, second]) {
      const next = await start({ BOOTSTRAP_API_KEY: key });
      expect(await statusWith(next.url, key)).toBe(401);
      next.program.kill('SIGTERM');
      await next.program.exit();
    }
    expect(await queryOnce(database, 'SELECT name, revoked_at IS NULL AS lives FROM api_keys')).toEqual([
      { name: 'bootstrap', lives: false },
    ]);
  });

  it('SEC-06: logs whose key a request carries, and never the key', async () => {
    database = await createDatabase();
    const key = generateKey();
    const { program, url } = await start({ BOOTSTRAP_API_KEY: key, LOG_LEVEL: 'trace' });
    expect(await statusWith(url, key)).toBe(200);
    expect(await statusWith(url, generateKey())).toBe(401);
    const response = await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${key}` } });
    const { id } = (await response.json()) as { id: string };
    await program.prints(new RegExp(`"actorKind":"key","actorId":"${id}".*"path":"/api/me","status":200`));
    expect(program.output).not.toContain(key.slice(13));
  });
});

describe('the commands', () => {
  it('SEC-12: make a key for a new database, of an organization, with some scopes and an end', async () => {
    database = await createEmptyDatabase();
    expect((await command('create', '--name', 'First', '--role', 'admin')).output).toMatch(KEY);
    const [{ id }] = (await queryOnce(database, `INSERT INTO organizations (name) VALUES ('Acme') RETURNING id`)) as [
      { id: string },
    ];
    const options = ['--role', 'operator', '--organization', id, '--days', '3', '--scope', 'gateways:read'];
    const { output } = await command('create', '--name', 'Second', ...options);
    expect(output).toMatch(KEY);
    expect(
      await queryOnce(
        database,
        `SELECT organization_id, role, scopes, created_by ->> 'kind' AS kind,
                round(extract(epoch FROM expires_at - created_at) / 86400)::int AS days
         FROM api_keys WHERE name = 'Second'`,
      ),
    ).toEqual([{ organization_id: id, role: 'operator', scopes: ['gateways:read'], kind: 'command', days: 3 }]);
    expect(await queryOnce(database, `SELECT action, actor_kind FROM audit_log WHERE object_type = 'key'`)).toEqual([
      { action: 'key.create', actor_kind: 'command' },
      { action: 'key.create', actor_kind: 'command' },
    ]);
  });

  it('SEC-12: lists one line a key, whatever is in its name, and sends no control characters to the terminal', async () => {
    database = await createDatabase();
    await command('create', '--name', 'Hall\u001b[2K\ngwh_00000000\tactive\u202e', '--role', 'viewer');
    const { output } = await command('list');
    expect(output.trimEnd().split('\n')).toHaveLength(2);
    expect(output).toContain('\tHall\\u{1b}[2K\\u{a}gwh_00000000\\u{9}active\\u{202e}\n');
  });

  it('SEC-12: new prints a key for BOOTSTRAP_API_KEY, and stores none', async () => {
    database = await createDatabase();
    expect((await command('new')).output).toMatch(KEY);
    expect(await queryOnce(database, 'SELECT FROM api_keys')).toEqual([]);
  });

  it.each([
    [['create', '--role', 'admin'], '--name is required'],
    [['create', '--name', 'k', '--role', 'boss'], '--role must be one of'],
    [['create', '--name', 'k', '--role', 'viewer', '--scope', 'keys:write'], 'The role has no scope keys:write'],
    [['create', '--name', 'k', '--role', 'viewer', '--days', 'x'], '--days must be'],
    [['create', '--name', 'k', '--role', 'viewer', '--organization', 'x'], 'must be a UUID'],
    [['revoke', 'gwh_00000000'], 'There is no key gwh_00000000'],
    [['revoke'], 'API keys, without the service'],
    [['nonsense'], 'API keys, without the service'],
  ])('SEC-12: refuse %j, and say why', async (args, message) => {
    database = await createDatabase();
    const { code, output } = await command(...args);
    expect([code, output]).toEqual([2, expect.stringContaining(message)]);
    expect(output).not.toMatch(KEY);
  });
});

describe('development', () => {
  it('SEC-13: needs no key on this machine', async () => {
    database = await createDatabase();
    const program = run('main.js', [], { PORT: '0' });
    const [, url = ''] = await program.prints(/listening on (http:\/\/[^\s,"]+)/);
    const client = new ApiClient(url);
    await bodyOf(client.post('/api/organizations', { name: 'Acme' }), 201);
    expect(await bodyOf(client.get('/api/health'))).toMatchObject({ auth: 'off' });
    expect(await bodyOf(client.get('/api/me'))).toMatchObject({ kind: 'anonymous', role: 'admin' });
  });
});
