import type { SecondsByState } from '../../.generated/types.gen';
import { STATES } from './states';

type State = keyof SecondsByState;

/** A state, and for which part of a time a connection was in it. */
export interface Share {
  readonly state: State;
  /** From 0 to 1. */
  readonly share: number;
}

/** The states of some parts of a timeline together, as shares of the time of which something is known; none if nothing is. */
export function sharesOf(parts: readonly { readonly seconds: SecondsByState }[]): Share[] {
  const sums = STATES.map((state) => [state, parts.reduce((sum, { seconds }) => sum + seconds[state], 0)] as const);
  const known = sums.reduce((sum, [, seconds]) => sum + seconds, 0);
  return sums.filter(([, seconds]) => seconds > 0).map(([state, seconds]) => ({ state, share: seconds / known }));
}

/** `97.2 %`; never 0 or 100 for what is a little more or less. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  if (percent < 100 && percent > 99.9) return '> 99.9 %';
  return `${Math.round(percent * 10) / 10} %`;
}
