import { TooManyRequestsError } from '../../common/domain-error';

/** Requests per minute and caller, for operations that are expensive or reach other machines. `RATE_LIMIT_FACTOR` scales all of them. */
export const RATE_LIMITS = {
  /** The two connection tests together. */
  tests: 30,
  /** Connect, disconnect, inventories, history, and measurements. */
  orders: 120,
  /** Connect and disconnect of many gateways. */
  'bulk orders': 12,
  creates: 600,
  /** Lists with `search`. */
  searches: 300,
  keys: 30,
  'sign-ins': 10,
} as const;

/** Operations of one kind share one count. */
export type RateLimit = keyof typeof RATE_LIMITS;

/** The caller sent too many requests of one kind within a minute. */
export class RateLimitReachedError extends TooManyRequestsError {
  readonly code = 'TOO_MANY_REQUESTS';
}
