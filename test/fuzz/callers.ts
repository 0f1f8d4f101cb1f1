import type { Operation } from './document';

/** Somebody who sends requests. */
export interface Caller {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null if the service does not know who calls. */
  readonly scopes: ReadonlySet<string> | 'all' | null;
  /** Null for all organizations. */
  readonly organizationId: string | null;
}

/** Every caller while `AUTH` is `off`. */
export const anonymous: Caller = { name: 'anonymous', headers: {}, scopes: 'all', organizationId: null };

/** The status with which an operation refuses a caller; null if it does not. */
export function refusalOf({ scope }: Operation, { scopes }: Caller): 401 | 403 | null {
  if (scope === null || scopes === 'all') return null;
  if (scopes === null) return 401;
  return scopes.has(scope) ? null : 403;
}
