// Sends random requests to the service: `npm run fuzz -- --runs 100000 --seed 7`. A failure prints the command that repeats it.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

const text = { type: 'string' };
const {
  runs = '100000',
  seed = String(randomInt(2 ** 31)),
  path,
} = parseArgs({ options: { runs: text, seed: text, path: text } }).values;

const { status } = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '--selectProjects', 'e2e', '--testPathPatterns', 'e2e/fuzz.spec'],
  {
    stdio: 'inherit',
    env: { ...process.env, FUZZ_RUNS: runs, FUZZ_SEED: seed, ...(path && { FUZZ_PATH: path }) },
  },
);
process.exitCode = status ?? 1;
