import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REQUEST_KINDS } from '../../bench/api/requests';
import { chromiumPath } from '../support/chromium';
import { Program, processesAbout } from '../support/program';

jest.setTimeout(300_000);

const API = [
  ...REQUEST_KINDS.map(({ id }) => id),
  ...['deep-page', 'deep-page-depth', 'cursor-page', 'cursor-page-depth'],
];
const AUTH = ['status', 'get-gateway', 'list-gateways', 'update-gateway', 'statements-keys', 'statements-off'];
// Without a browser, the part says so and measures nothing.
const CONSOLE =
  chromiumPath === null ? [] : ['requests', 'nodes', 'first-rows', 'moves', 'long-tasks', 'longest', 'cpu', 'heap'];
const FLEET = ['start-20', 'sessions-20', 'cpu-10', 'statements-10', 'cpu', 'statements', 'memory', 'cpu-growth'];
const INGEST = ['small', 'large'];
const READINGS = [
  'vibration',
  'vibration-cpu',
  'vibration-sender',
  'temperatures',
  'temperatures-cpu',
  'temperatures-sender',
];
const STEADY = ['latency', 'waiting', 'lag', 'disk-vibration', 'disk-temperatures'];
const METRICS = ['loop', 'cpu', 'series', 'bytes', 'request'];
const STORM = ['back', 'latency-lifted', 'latency-bare', 'latency'];
const PARTS = Object.entries({
  ...{
    analysis: ['spectrum', 'spectra', 'trend'],
    api: API,
    auth: AUTH,
    console: CONSOLE,
    fleet: FLEET,
    ingest: INGEST,
    metrics: METRICS,
  },
  readings: [...READINGS, ...STEADY],
  storm: STORM,
});

// What a whole one finds is for a person to read, and no test asserts a time. These see that it works at all.
describe('the benchmark', () => {
  let program: Program;
  let results: string;

  beforeAll(async () => (results = await mkdtemp(join(tmpdir(), 'gateway-hub-results-'))));
  afterAll(() => rm(results, { recursive: true }));
  afterEach(async () => {
    program.kill('SIGTERM'); // Whatever happened: it ends its parts, which nobody else knows.
    await program.exit();
  });

  const run = (...args: string[]): void => {
    program = new Program('../bench/main.js', {}, ['--quick', '--results', results, ...args]);
  };
  const expectNothingLeft = (): void => {
    const dirs = [...program.output.matchAll(/, in (\S+) …/g)].map(([, dir = '']) => dir);
    expect(dirs).not.toEqual([]);
    expect(dirs.filter((dir) => existsSync(dir) || processesAbout(dir).length > 0)).toEqual([]);
  };

  it('measures each part against a bare baseline, prints a table, writes JSON and leaves nothing behind', async () => {
    run();

    expect([await program.exit(), program.output]).toEqual([0, expect.stringMatching(/storm\.json\s*$/)]);

    const [, ...reports] = program.output.split(/^(?=\w+, in \S+ …)/m);
    for (const [index, [part, names]] of PARTS.entries()) {
      expect(reports[index]).toMatch(new RegExp(`^${part}, .*│ ratio +│ spread`, 's'));
      const json = await readFile(join(results, `${part}.json`), 'utf8');
      const { figures } = JSON.parse(json) as { figures: { id: string }[] };
      expect(figures.map(({ id }) => id)).toEqual(names.map((name) => `${part}.${name}`));
    }
    expectNothingLeft();
  });

  it('measures the one part that it is asked for, and ends cleanly with Ctrl-C', async () => {
    run('storm');
    await program.prints(/^storm, in \S+ …/m);

    program.killGroup('SIGINT');

    expect(await program.exit()).toBe(1);
    expectNothingLeft();
  });

  it.each([
    ['an unknown part', ['speed']],
    ['an unknown option', ['--fast']],
  ])('refuses %s', async (_, args) => {
    run(...args);
    expect(await program.exit()).toBe(2);
  });
});
