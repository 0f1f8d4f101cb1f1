import type { Secret } from '../crypto/secret';
import type { AccountLogin } from './gateway-accounts.repository';

/** Refused logins allowed per account and hour. */
export const ACCOUNT_BUDGET = 10;

/** A login of an account, with the password to send. */
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

interface WaitingLogin {
  readonly password: Secret;
  settle(reserved: AccountTry | 'spent'): void;
}

/** An account that had a refusal within the hour or has logins in flight. */
export class Account {
  refusals = 0;
  /** When the hour ends and the refusals no longer count, on the monotonic clock. */
  endsAtMs = 0;
  /** How many logins in flight are already counted in the table. */
  recorded = 0;
  /** Logins in flight that count as refused until they are answered. */
  private inFlight = 0;
  private provenInFlight = 0;
  /** Digest of the password that was accepted last, while others wait. */
  private proven: string | null = null;
  /** In order of arrival. Empty unless logins are in flight. */
  private readonly waiting = new Set<WaitingLogin>();

  /** @param digestOf digest by which passwords are compared */
  constructor(
    private readonly id: string,
    private readonly digestOf: (password: Secret) => string,
  ) {}

  get isSpent(): boolean {
    return this.refusals >= ACCOUNT_BUDGET;
  }

  get isIdle(): boolean {
    return this.refusals === 0 && this.inFlight === 0 && this.provenInFlight === 0 && this.waiting.size === 0;
  }

  /** @returns `busy` if the logins in flight may spend the rest of the budget, or others wait */
  reserve(password: Secret): AccountTry | 'spent' | 'busy' {
    return this.waiting.size > 0 && this.proven === null ? 'busy' : this.take(password);
  }

  /** @param signal stops waiting, with the result `spent` */
  wait(password: Secret, signal: AbortSignal): Promise<AccountTry | 'spent'> {
    return new Promise((resolve) => {
      const giveUp = (): void => waiting.settle('spent');
      const waiting: WaitingLogin = {
        password,
        settle: (reserved) => {
          this.waiting.delete(waiting);
          signal.removeEventListener('abort', giveUp);
          resolve(reserved);
        },
      };
      this.waiting.add(waiting);
      signal.addEventListener('abort', giveUp);
    });
  }

  /** Takes a login out of those in flight. Follow with `serve`. @returns false if its outcome was already reported */
  end(login: AccountTry): boolean {
    if (login.isOver) return false;
    login.isOver = true;
    if (login.isProven) this.provenInFlight -= 1;
    else this.inFlight -= 1;
    if (login.isRecorded) this.recorded -= 1;
    return true;
  }

  /** The password was accepted: logins that wait with the same password may be sent at once. */
  prove(password: Secret): void {
    if (this.waiting.size === 0 || this.proven !== null) return;
    this.proven = this.digestOf(password);
    for (const waiting of this.waiting) this.offer(waiting);
  }

  /** A login was refused: the password may have been changed at the gateway. */
  disprove(): void {
    this.proven = null;
  }

  /** Settles waiting logins in order of arrival, until one has to wait for the budget. */
  serve(): void {
    for (const waiting of this.waiting) if (!this.offer(waiting)) break;
    if (this.waiting.size === 0 && this.provenInFlight === 0) this.proven = null;
  }

  private offer(waiting: WaitingLogin): boolean {
    const reserved = this.take(waiting.password);
    if (reserved !== 'busy') waiting.settle(reserved);
    return reserved !== 'busy';
  }

  private take(password: Secret): AccountTry | 'spent' | 'busy' {
    if (this.isSpent) return 'spent';
    const isProven = this.proven !== null && this.proven === this.digestOf(password);
    if (!isProven && this.refusals + this.inFlight >= ACCOUNT_BUDGET) return 'busy';
    if (isProven) this.provenInFlight += 1;
    else this.inFlight += 1;
    return { account: this.id, password, isProven, isRecorded: false, isOver: false };
  }
}
