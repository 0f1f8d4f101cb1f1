import type { Parameters, RunDetails } from 'fast-check';

const seed = process.env['FAULTS_SEED'];
const path = process.env['FAULTS_PATH'];
const isReplay = seed !== undefined && path !== undefined;

/** A seed gives the same steps but not the same moments, so a race is replayed until it fails again, or so many times. */
export const repetitions = isReplay ? 20 : 1;

/** As many runs as asked for; or the one that FAULTS_SEED and FAULTS_PATH name, as its failure has printed them. */
export function runs<Step>(count: number): Parameters<[Step[]]> {
  // Not shrunk: each run takes a second, and one that passes by luck would lead the search astray.
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
