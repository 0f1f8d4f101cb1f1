import { percentile } from '../../test/support/percentile';
import type { Sample } from './sample';
import { growthPerHour } from './trend';

const SHOWN = 20;

/** Findings of a soak. */
export interface Findings {
  readonly samples: Sample[];
  /** How often each trouble was caused, by its name. */
  readonly troubles: Map<string, number>;
  /** Invariants that did not hold, in words. */
  readonly problems: string[];
}

/** The end of the report: memory growth, the troubles caused, and whether every invariant held. */
export function summary({ samples, troubles, problems }: Findings): string {
  const made = [...troubles].map(([name, count]) => `${name} ${count}`).sort();
  return [
    '',
    figure('resident MB', samples, ({ residentMb }) => residentMb),
    figure('heap MB', samples, ({ heapMb }) => heapMb),
    `Troubles: ${made.join(', ')}`,
    problems.length === 0 ? 'Every invariant held.' : `${problems.length} problems:`,
    ...problems.slice(0, SHOWN).map((problem) => `  ${problem}`),
  ].join('\n');
}

/** Also gives the growth of the second half, because the first half includes the warm-up. */
function figure(name: string, samples: readonly Sample[], read: (sample: Sample) => number): string {
  const points = samples.map((sample) => ({ hours: sample.hours, value: read(sample) }));
  const values = points.map(({ value }) => value);
  const [all, later] = [points, points.slice(Math.floor(points.length / 2))].map(growthPerHour);
  return (
    `${name}: ${percentile(values, 0).toFixed(1)} to ${percentile(values, 100).toFixed(1)}, ` +
    `growing by ${(all ?? NaN).toFixed(1)} an hour, by ${(later ?? NaN).toFixed(1)} in the second half`
  );
}
