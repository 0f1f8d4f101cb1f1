import type { AccountLogin } from '../gateways/gateway-accounts.repository';
import type { Secret } from '../crypto/secret';

/** Refused logins allowed per account and hour. */
export const ACCOUNT_BUDGET = 10;

/** A login of an account, with the password that is going to be sent. */
export interface AccountCandidate extends AccountLogin {
  readonly password: Secret;
}

/** A reserved login. Its outcome must be reported. */
export interface AccountTry {
  readonly account: string;
  readonly password: Secret;
  /** Whether the account has just accepted this password. Such a login counts only if it is refused. */
  readonly isProven: boolean;
  isRecorded: boolean;
  isOver: boolean;
}

/** A login that waits because those in flight may spend the rest of the budget. */
export interface WaitingLogin {
  readonly password: Secret;
  settle(reserved: AccountTry | 'spent'): void;
}

/** State of an account that had a refusal within the hour or has logins in flight. */
export class Account {
  refusals = 0;
  /** When the hour ends and the refusals no longer count, on the monotonic clock. */
  endsAtMs = 0;
  /** Logins without an answer so far that may still be refused. */
  inFlight = 0;
  /** Those with a proven password. */
  provenInFlight = 0;
  /** How many logins in flight are already counted in the table. */
  recorded = 0;
  /** Digest of the password that was accepted last, while others wait. */
  proven: string | null = null;
  /** In the order of their arrival. Never empty unless logins are in flight. */
  readonly waiting = new Set<WaitingLogin>();

  get isSpent(): boolean {
    return this.refusals >= ACCOUNT_BUDGET;
  }

  /** Whether the logins in flight may spend the rest of the budget. */
  get isFull(): boolean {
    return this.refusals + this.inFlight >= ACCOUNT_BUDGET;
  }

  get isIdle(): boolean {
    return this.refusals === 0 && this.inFlight === 0 && this.provenInFlight === 0 && this.waiting.size === 0;
  }
}
