// Runs only the fault suites: `npm run test:faults`, or with `-- --full` in the sizes of docs/reliability.md, one suite at a time.
import { spawnSync } from 'node:child_process';

const given = process.argv.slice(2);
const isFull = given.includes('--full');
const rest = given.filter((argument) => argument !== '--full');

const { status } = spawnSync(
  process.execPath,
  // The project last: this option takes every word after it for a project.
  ['node_modules/jest/bin/jest.js', ...(isFull ? ['--runInBand'] : []), ...rest, '--selectProjects', 'faults'],
  { stdio: 'inherit', env: { ...process.env, ...(isFull && { FAULTS_SIZE: 'full' }) } },
);
process.exitCode = status ?? 1;
