import { randomInt } from 'node:crypto';

const { FUZZ_RUNS: runs, FUZZ_SEED: seed, FUZZ_PATH: path } = process.env;

/** What `npm run fuzz` passes on. */
export const settings = {
  /** Number of requests. */
  runs: runs === undefined ? 20_000 : Number(runs),
  seed: seed === undefined ? randomInt(2 ** 31) : Number(seed),
  /** The one request of a failure to repeat; null for all. */
  path: path ?? null,
};
