import type { AuditRecordDto } from '../../src/audit/audit.dto';
import { SEEDED_GATEWAY_IDS } from '../../src/schema/seed';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { Program } from '../support/program';

const KEY = Buffer.alloc(32, 5).toString('base64');

describe('commands', () => {
  const programs: Program[] = [];
  let database: TestDatabase;

  async function run(name: string, args: string[] = []): Promise<{ code: number | null; output: string }> {
    const program = new Program(`cli/${name}.js`, { DATABASE_URL: database.url, ENCRYPTION_KEY: KEY }, args);
    programs.push(program);
    return { code: await program.exit(), output: program.output };
  }

  async function exported(...args: string[]): Promise<AuditRecordDto[]> {
    const { code, output } = await run('audit-export', args);
    expect(code).toBe(0);
    const lines = output.split('\n');
    expect(lines.pop()).toBe('');
    return lines.map((line) => JSON.parse(line) as AuditRecordDto);
  }

  beforeAll(async () => {
    database = await createDatabase();
    await run('db', ['seed']);
    await run('keys-rotate');
  });
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.destroy()));
    await database.drop();
  });

  it('SEC-21: are recorded with their names, and audit:export writes the log as JSON lines, the oldest first', async () => {
    const records = await exported();

    expect(records.map(({ actor, action }) => `${actor.kind} ${actor.id} ${action}`)).toEqual([
      'command db:seed organization.create',
      ...Array<string>(3).fill('command db:seed factory.create'),
      ...Array<string>(6).fill('command db:seed gateway.create'),
      'command keys:rotate command.keys_rotate',
    ]);
    expect(
      records
        .slice(4, 10)
        .map(({ object_id }) => object_id)
        .sort(),
    ).toEqual([...SEEDED_GATEWAY_IDS]);
    expect(records.at(-1)).toMatchObject({ organization_id: null, object_id: null, address: null, request_id: null });
    expect(JSON.stringify(records)).not.toMatch(/correct horse/);
    expect(records.map(({ id }) => id)).toEqual(records.map(({ id }) => id).toSorted());
  });

  it('SEC-21: audit:export keeps to the time it is given', async () => {
    const rotated = (await exported()).at(-1)?.at ?? '';

    expect((await exported('--from', rotated)).map(({ action }) => action)).toEqual(['command.keys_rotate']);
    expect(await exported('--to', rotated)).toHaveLength(10);
    expect(await exported('--to', '2026-01-01')).toEqual([]);
    for (const args of [['--from', 'yesterday'], ['--since', '2026-01-01'], ['2026-01-01']])
      expect(await run('audit-export', args)).toMatchObject({
        code: 2,
        output: expect.stringContaining('--from TIME') as string,
      });
  });
});
