import type { Moment } from '../common/clock';
import type { LoginRecord } from '../gateways/connection-target';

/** After this many refusals of one login, the service sends no more until an operator acts. */
export const LOGIN_BUDGET = 3;

/** After this many unanswered logins with credentials that were never accepted, silence may be the firmware's way to refuse. */
const UNANSWERED_BEFORE_CAUTION = 5;

/** Outcomes of the current credentials so far. All of it is in the table too, except for `unanswered`. */
export interface LoginStanding extends LoginRecord {
  /** Logins in a row that ended without an answer. */
  readonly unanswered: number;
}

/** `now`: a login may be sent. `later`: a login must wait. `never`: no login until an operator acts. */
export type LoginPermission = 'now' | 'later' | 'never';

/** For a gateway that is new, or has a new address or new credentials. */
export const unproven: LoginStanding = { accepted: false, refusals: 0, nextLoginAt: null, unanswered: 0 };

export const accepted: LoginStanding = { accepted: true, refusals: 0, nextLoginAt: null, unanswered: 0 };

/** Whether a login must be recorded in the table before it is sent, so that not even a crash can lose it. */
export function mustRecord({ accepted, refusals, nextLoginAt }: LoginRecord): boolean {
  return !accepted || refusals > 0 || nextLoginAt !== null;
}

export function recorded(standing: LoginStanding): LoginStanding {
  return { ...standing, refusals: standing.refusals + 1 };
}

/** After a refusal. A login that was not recorded before it was sent is counted now. */
export function refused(standing: LoginStanding, nextLoginAt: Moment): LoginStanding {
  return { ...standing, refusals: Math.max(1, standing.refusals), nextLoginAt };
}

/** After a login that was sent and not answered. If it was recorded, it no longer counts. */
export function unanswered(standing: LoginStanding): LoginStanding {
  return {
    ...standing,
    refusals: Math.max(0, standing.refusals - 1),
    unanswered: standing.unanswered + (standing.accepted ? 0 : 1),
  };
}

/** After an operator's command. Grants one login if none is left, and makes the next one due now. */
export function granted(standing: LoginStanding, now: Moment): LoginStanding {
  const { refusals, nextLoginAt } = standing;
  return {
    ...standing,
    refusals: Math.min(refusals, LOGIN_BUDGET - 1),
    nextLoginAt: nextLoginAt === null ? null : now,
  };
}

export function permissionOf({ refusals, nextLoginAt }: LoginStanding, now: Moment): LoginPermission {
  if (refusals === 0) return 'now';
  // No refusal was seen: the service ended while it waited for answers. The gateway must not stay disconnected for ever because of that.
  if (nextLoginAt === null) return refusals < LOGIN_BUDGET ? 'now' : 'later';
  if (refusals >= LOGIN_BUDGET) return 'never';
  return now < nextLoginAt ? 'later' : 'now';
}

/** Whether unanswered logins may be refusals. */
export function isDoubtful({ unanswered }: LoginStanding): boolean {
  return unanswered >= UNANSWERED_BEFORE_CAUTION;
}
