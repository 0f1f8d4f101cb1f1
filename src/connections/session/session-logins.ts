import type { Moment } from '../../common/clock';
import type { ConnectionTarget } from '../../gateways/connection-target';
import type { AccountTry } from '../../login-budget/account';
import type { AccountBudget } from '../../login-budget/account-budget';
import type { LoginTry, TryVerdict } from '../../login-budget/gateway-logins.repository';
import type { LoginBudget } from '../../login-budget/login-budget';
import { mustRecord } from '../../login-budget/login-standing';
import type { LoginStanding } from '../../login-budget/login-standing';

/** The budgets, which all sessions share. */
export interface LoginBudgets {
  readonly logins: LoginBudget;
  readonly accounts: AccountBudget;
}

/** The attempt that a login belongs to. */
interface LoginAttempt {
  readonly signal: AbortSignal;
  readonly isOver: boolean;
}

/** `accountSpent`: the account has no login left. `unreachable`: the database cannot record the login. */
export type RecordVerdict = Exclude<TryVerdict, 'busy'> | 'accountSpent' | 'unreachable';

/** The login budgets as one session sees them: asked before a login is sent, and told how it ended. */
export class SessionLogins {
  /** The login in flight, if the account budget counts it. */
  private accountTry: AccountTry | null = null;
  private recordingFor: LoginAttempt | null = null;

  constructor(private readonly budgets: LoginBudgets) {}

  /** Whether a login of this target's account was refused within the hour, in any session or test. */
  isSuspect(target: ConnectionTarget): boolean {
    return this.budgets.accounts.isSuspect(target);
  }

  isRecordingFor(attempt: LoginAttempt): boolean {
    return this.recordingFor === attempt;
  }

  /** Resolves when a dial can lead to a login: at once, unless the login must be recorded and the database is down. */
  whenReady(target: ConnectionTarget, standing: LoginStanding, signal: AbortSignal): Promise<void> {
    const mustWait = mustRecord(standing) || this.isSuspect(target);
    return mustWait ? this.budgets.logins.whenReachable(signal) : Promise.resolve();
  }

  /** Milliseconds until the account budget allows a login; 0 if it may be sent now. */
  msUntilAccountIsFree(target: ConnectionTarget): number {
    return this.budgets.accounts.msUntilFree(target);
  }

  /**
   * Records a login in the budgets of the login and of the account. Send it only if the verdict is `granted` and the attempt is not over;
   * if the attempt is over, the login has been given back.
   */
  async record(login: LoginTry, target: ConnectionTarget, attempt: LoginAttempt): Promise<RecordVerdict> {
    const { accounts, logins } = this.budgets;
    let account = accounts.reserve(target);
    if (account === 'busy') account = await accounts.reserveInTurn(target, attempt.signal);
    if (account === 'spent') return 'accountSpent';

    this.recordingFor = attempt;
    const verdict = await this.recordInBoth(account, login, attempt.signal);
    if (this.recordingFor === attempt) this.recordingFor = null;
    if (verdict === 'granted' && !attempt.isOver) {
      this.accountTry = account;
      return verdict;
    }
    accounts.returned(account);
    if (verdict === 'granted') logins.returned(login);
    return verdict;
  }

  /** The login in flight was accepted. */
  accepted(login: LoginTry): void {
    this.budgets.logins.accepted(login);
    this.endAccountTry((account) => this.budgets.accounts.accepted(account));
  }

  /** @param isRecorded whether the login was recorded before it was sent; otherwise it is counted now */
  refused(login: LoginTry, target: ConnectionTarget | null, isRecorded: boolean, nextLoginAt: Moment | null): void {
    const { accounts, logins } = this.budgets;
    if (nextLoginAt !== null) logins.refused(login, isRecorded, nextLoginAt);
    if (this.accountTry) this.endAccountTry((account) => accounts.refused(account));
    else if (target) accounts.refusedUnrecorded(target);
  }

  /** The connection ended before the login was answered. It does not count. */
  unanswered(login: LoginTry): void {
    this.budgets.logins.returned(login);
    this.endAccountTry((account) => this.budgets.accounts.returned(account));
  }

  /** The service itself ends the attempt. A login in flight counts as refused; otherwise reconnecting would bypass the limit. */
  abandon(): void {
    this.endAccountTry((account) => this.budgets.accounts.refused(account));
  }

  private async recordInBoth(account: AccountTry, login: LoginTry, signal: AbortSignal): Promise<RecordVerdict> {
    const { accounts, logins } = this.budgets;
    const recorded = accounts.record(account).catch((error: unknown) => {
      logins.markUnavailable(error);
      return 'unreachable' as const;
    });
    const taken = logins.take(login, signal).catch(() => 'unreachable' as const);
    const [isAllowed, verdict] = await Promise.all([recorded, taken]);
    if (isAllowed === true) return verdict;
    if (verdict === 'granted') logins.returned(login);
    return isAllowed === false ? 'accountSpent' : 'unreachable';
  }

  private endAccountTry(tell: (account: AccountTry) => void): void {
    if (this.accountTry) tell(this.accountTry);
    this.accountTry = null;
  }
}
