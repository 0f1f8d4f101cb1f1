import type { Parameters, RunDetails } from 'fast-check';

const seed = process.env['FAULTS_SEED'];
const path = process.env['FAULTS_PATH'];
const isReplay = seed !== undefined && path !== undefined;

/** A seed repeats the steps but not their timing, so a race is replayed until it fails again, up to this many times. */
export const repetitions = isReplay ? 20 : 1;

/**
 * `count` runs, or the one run given by FAULTS_SEED and FAULTS_PATH, which its failure has printed.
 * @param spec the name of the suite, for the command that repeats a run
 */
export function runs<Input>(count: number, spec: string): Parameters<[Input]> {
  // Not shrunk: each run takes a second, and one that passes by luck would mislead the search.
  const common = { endOnFailure: true, reporter: (details: RunDetails<[Input]>) => failReplayably(details, spec) };
  return isReplay ? { ...common, numRuns: 1, seed: Number(seed), path } : { ...common, numRuns: count };
}

function failReplayably<Input>(details: RunDetails<[Input]>, spec: string): void {
  if (!details.failed) return;
  const steps = linesOf(details.counterexample?.[0]).map((line) => `  ${line}`);
  const replay = `FAULTS_SEED=${details.seed} FAULTS_PATH=${details.counterexamplePath ?? ''} npm run test:faults -- ${spec}`;
  const message = [`Run ${details.numRuns} failed:`, ...steps, `Replay it with: ${replay}`].join('\n');
  throw new Error(message, { cause: details.errorInstance });
}

/** A line for each step, in lists of any depth. */
function linesOf(input: unknown): string[] {
  if (Array.isArray(input)) return input.flatMap(linesOf);
  const isPlain =
    typeof input === 'object' &&
    input !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(input) as null);
  return [isPlain ? JSON.stringify(input) : String(input)];
}
