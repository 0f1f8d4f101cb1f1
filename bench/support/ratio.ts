import { percentile } from '../../test/support/percentile';
import type { Round } from './rounds';

/** The result of rounds: the medians of both sides, and the ratio with its spread over the rounds. */
export interface Comparison {
  readonly product: number;
  readonly baseline: number;
  /** The median of the ratios, not the ratio of the medians: both sides of a round ran under the same conditions. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  readonly rounds: number;
}

export function compare(rounds: readonly Round<number>[]): Comparison {
  const ratios = rounds.map(({ product, baseline }) => product / baseline);
  return {
    product: median(rounds.map(({ product }) => product)),
    baseline: median(rounds.map(({ baseline }) => baseline)),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    rounds: rounds.length,
  };
}

/** For an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const mirrored = values.map((value) => -value);
  return (percentile(values, 50) - percentile(mirrored, 50)) / 2;
}
