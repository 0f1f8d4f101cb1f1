const { FUZZ_RUNS: runs, FUZZ_SEED: seed, FUZZ_PATH: path } = process.env;

/** The seed of `npm test`: a change that did not break anything must not fail. `npm run fuzz` looks for faults that are not known. */
const FIXED_SEED = 7;

/** What `npm run fuzz` passes on. */
export const settings = {
  /** Number of requests. */
  runs: runs === undefined ? 5000 : Number(runs),
  /** Number of cases of a property test. */
  cases: runs === undefined ? 300 : Number(runs),
  seed: seed === undefined ? FIXED_SEED : Number(seed),
  /** The one request of a failure to repeat; null for all. */
  path: path ?? null,
};
