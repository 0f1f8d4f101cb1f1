import type { Parameters, RunDetails } from 'fast-check';

const seed = process.env['FAULTS_SEED'];
const path = process.env['FAULTS_PATH'];
const isReplay = seed !== undefined && path !== undefined;

/** A seed repeats the steps but not their timing, so a race is replayed until it fails again, up to this many times. */
export const repetitions = isReplay ? 20 : 1;

/** `count` runs, or the one run given by FAULTS_SEED and FAULTS_PATH, which its failure has printed. */
export function runs<Step>(count: number): Parameters<[Step[]]> {
  // Not shrunk: each run takes a second, and one that passes by luck would mislead the search.
  const common = { endOnFailure: true, reporter: failReplayably };
  return isReplay ? { ...common, numRuns: 1, seed: Number(seed), path } : { ...common, numRuns: count };
}

function failReplayably<Step>(details: RunDetails<[Step[]]>): void {
  if (!details.failed) return;
  const steps = (details.counterexample?.[0] ?? []).map((step) => `  ${String(step)}`);
  const replay = `FAULTS_SEED=${details.seed} FAULTS_PATH=${details.counterexamplePath ?? ''} npm run test:faults -- model.spec`;
  const message = [`Run ${details.numRuns} failed:`, ...steps, `Replay it with: ${replay}`].join('\n');
  throw new Error(message, { cause: details.errorInstance });
}
