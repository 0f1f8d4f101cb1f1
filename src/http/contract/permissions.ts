import type { Scope } from '../../common/actor';

/**
 * What an operation asks for: a scope, a key with any scope, or nothing. `public` is for the probes of orchestrators and load balancers.
 */
export type Permission = Scope | 'any' | 'public';
