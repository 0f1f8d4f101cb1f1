import { useStaleSince } from './live';

/**
 * How often a page asks for readings again, in milliseconds. The stream of events tells of gateways, not of readings, so it is often
 * even while that is live.
 */
export function useReadingsInterval(): number {
  return useStaleSince() === null ? 10_000 : 5000;
}
