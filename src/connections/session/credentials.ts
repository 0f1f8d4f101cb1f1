import type { Moment } from '../../common/clock';
import { LOGIN_BUDGET } from '../../gateways/connection-target';
import type { LoginRecord } from '../../gateways/connection-target';

/** So many logins without an answer, by credentials that were never accepted, may be a firmware's way to say no. */
const UNANSWERED_BEFORE_CAUTION = 5;

/** What the present credentials have met so far. The table says the same, except for `unanswered`. */
export interface Credentials extends LoginRecord {
  /** Logins in a row that ended without an answer. */
  readonly unanswered: number;
}

/** `now`: it may be tried. `later`: not before its time. `never`: not before somebody acts. */
export type LoginPermission = 'now' | 'later' | 'never';

/** Of a gateway that is new, or was given another address or other credentials. */
export const unproven: Credentials = { accepted: false, refusals: 0, nextLoginAt: null, unanswered: 0 };

export const accepted: Credentials = { accepted: true, refusals: 0, nextLoginAt: null, unanswered: 0 };

/** Whether a try must stand in the table before it is sent, so that not even a crash makes it forgotten. */
export function mustRecord({ accepted, refusals, nextLoginAt }: LoginRecord): boolean {
  return !accepted || refusals > 0 || nextLoginAt !== null;
}

export function recorded(credentials: Credentials): Credentials {
  return { ...credentials, refusals: credentials.refusals + 1 };
}

/** After a refusal; a try that was not recorded before counts now. */
export function refused(credentials: Credentials, nextLoginAt: Moment): Credentials {
  return { ...credentials, refusals: Math.max(1, credentials.refusals), nextLoginAt };
}

/** After a login that was sent and not answered: if it was recorded, that is taken back. */
export function unanswered(credentials: Credentials): Credentials {
  return {
    ...credentials,
    refusals: Math.max(0, credentials.refusals - 1),
    unanswered: credentials.unanswered + (credentials.accepted ? 0 : 1),
  };
}

/** An operator's order grants one try, and adds none to those that are left. */
export function granted(credentials: Credentials, now: Moment): Credentials {
  const { refusals, nextLoginAt } = credentials;
  return {
    ...credentials,
    refusals: Math.min(refusals, LOGIN_BUDGET - 1),
    nextLoginAt: nextLoginAt === null ? null : now,
  };
}

export function permissionOf({ refusals, nextLoginAt }: Credentials, now: Moment): LoginPermission {
  if (refusals === 0) return 'now';
  // No refusal was seen: the service ended while it waited for answers. That must not end in silence for ever.
  if (nextLoginAt === null) return refusals < LOGIN_BUDGET ? 'now' : 'later';
  if (refusals >= LOGIN_BUDGET) return 'never';
  return now < nextLoginAt ? 'later' : 'now';
}

/** Whether nobody knows if logins that are not answered are refused ones. */
export function isDoubtful({ unanswered }: Credentials): boolean {
  return unanswered >= UNANSWERED_BEFORE_CAUTION;
}
