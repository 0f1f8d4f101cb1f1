import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseConfigFileTextToJson } from 'typescript';

const root = resolve(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
  .map((path) => ({ path, text: read(join('src', path)) }));

interface CruiseResult {
  summary: { violations: { rule: { name: string }; from: string; to: string }[]; totalCruised: number };
}

describe('the code base', () => {
  it('QUAL-01: separates its modules: imports go in one direction, and form no cycle', async () => {
    const cruiser = join(root, 'node_modules/.bin/depcruise');
    const args = [
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
      'src',
      'migrations',
      'simulator',
      'demo',
    ];
    const { stdout } = await promisify(execFile)(cruiser, args, { cwd: root, maxBuffer: 1e8 });
    const { summary } = JSON.parse(stdout) as CruiseResult;
    expect(summary.totalCruised).toBeGreaterThan(100);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });

  it('QUAL-02: has SQL only in repositories, in .sql.ts files beside them, and in the three database directories', () => {
    const sql = /\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b/;
    const speakers = sources.filter(({ text }) => sql.test(text)).map(({ path }) => path);
    expect(speakers).not.toHaveLength(0);
    expect(
      speakers.filter((path) => !/^(database|schema|embedded-postgres)\/|\.(repository|sql)\.ts$/.test(path)),
    ).toEqual([]);
  });

  it('QUAL-08: is compiled with strict TypeScript, and casts nothing to any', () => {
    const { config } = parseConfigFileTextToJson('tsconfig.json', read('tsconfig.json')) as {
      config: { compilerOptions: Record<string, unknown> };
    };
    expect(config.compilerOptions).toMatchObject({ strict: true, noUncheckedIndexedAccess: true });
    expect(scripts['check']).toContain('typecheck');
    expect(sources.filter(({ text }) => /\bas any\b|@ts-(ignore|nocheck)/.test(text))).toEqual([]);
  });
});

describe('README.md', () => {
  const readme = read('README.md');

  it('QUAL-07: names commands that exist', () => {
    const commands = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? '');
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('QUAL-07: explains every variable of the configuration', () => {
    const variables = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name ?? '');
    expect(variables.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  it('QUAL-07: has the two commands for a newcomer, and CI runs the second one exactly as it is written', () => {
    expect(readme).toContain('\nnpm ci && npm run demo\n');
    expect(readme).toContain('\nnpm ci && npm test\n');
    expect(read('.ci/run')).toContain('\nnpm ci && npm test\n');
    expect(read('.github/workflows/ci.yml')).toContain('- run: npm ci && npm test\n');
  });
});
