import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, processesAbout } from '../support/program';

jest.setTimeout(120_000);

const API = ['get', 'list', 'filtered-list', 'status', 'connections', 'health', 'update', 'create'];
const FLEET = [
  'start',
  'sessions',
  'memory-10',
  'cpu-10',
  'statements-10',
  'memory',
  'cpu',
  'statements',
  'cpu-growth',
];
const INGEST = ['small', 'large'];
const STORM = ['back', 'latency-lifted', 'latency-bare', 'latency'];

// What a whole one finds is for a person to read, and no test asserts a time. These see that it works at all.
describe('the benchmark', () => {
  let program: Program;
  let results: string;

  beforeEach(async () => (results = await mkdtemp(join(tmpdir(), 'gateway-hub-results-'))));
  afterEach(async () => {
    program.kill('SIGTERM'); // Whatever happened: it ends its parts, which nobody else knows.
    await program.exit();
    await rm(results, { recursive: true });
  });

  const run = (...args: string[]): void => {
    program = new Program('../bench/main.js', {}, ['--quick', '--results', results, ...args]);
  };
  const expectNothingLeft = async (): Promise<void> => {
    const [, dir = ''] = await program.prints(/, in (\S+) …/);
    expect([existsSync(dir), ...processesAbout(dir)]).toEqual([false]);
  };

  it.each([
    ['api', API],
    ['fleet', FLEET],
    ['ingest', INGEST],
    ['storm', STORM],
  ])('measures %s beside a bare baseline, prints a table, writes JSON and leaves nothing', async (part, names) => {
    run(part);

    expect([await program.exit(), program.output]).toEqual([0, expect.stringMatching(/│ ratio +│ spread/)]);

    const json = await readFile(join(results, `${part}.json`), 'utf8');
    const { figures } = JSON.parse(json) as { figures: { id: string }[] };
    expect(figures.map(({ id }) => id)).toEqual(names.map((name) => `${part}.${name}`));
    await expectNothingLeft();
  });

  it('ends cleanly with Ctrl-C', async () => {
    run('storm');
    await program.prints(/, in \S+ …/);

    program.killGroup('SIGINT');

    expect(await program.exit()).toBe(1);
    await expectNothingLeft();
  });

  it.each([
    ['an unknown part', ['speed']],
    ['an unknown option', ['--fast']],
  ])('refuses %s', async (_, args) => {
    run(...args);
    expect(await program.exit()).toBe(2);
  });
});
