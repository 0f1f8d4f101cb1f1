import type { AccountTry } from '../login-budget/account';
import type { AccountBudget } from '../login-budget/account-budget';
import { AccountBudgetSpentError } from '../login-budget/login-budget.errors';
import type { Reason } from '../gateway-client/failure/failure';
import type { Candidate, LoginOutcome, LoginPermit } from './connection-test';

const OTHERS_UNDER_WAY: Reason = {
  step: 'login',
  code: 'login_refused',
  message: 'Not sent: too many logins of this account are in progress. Test it again',
};

/** Charges the login of one connection test to the budget of its account. */
export class TestedLogin {
  private reserved: AccountTry | null = null;
  private readonly over = new AbortController();

  constructor(
    private readonly accounts: AccountBudget,
    private readonly candidate: Candidate,
    private readonly waitMs: number,
  ) {}

  /**
   * Reserves the login in the account budget, then asks `permit`.
   * @returns null if the login may be sent, otherwise the reason why not
   * @throws AccountBudgetSpentError
   */
  async permit(permit: LoginPermit): Promise<Reason | null> {
    const patience = AbortSignal.any([this.over.signal, AbortSignal.timeout(this.waitMs)]);
    const reserved = await this.accounts.reserveInTurn(this.candidate, patience);
    if (reserved === 'spent') return this.notSent();
    // Without the database, the count in memory decides. Stored logins are not sent then: `permit` rejects.
    const mayBeSent = await this.accounts.record(reserved).catch(() => true);
    if (!mayBeSent) return this.notSent();
    const barred = this.isOver ? null : await this.tryPermit(reserved, permit);
    if (barred || this.isOver) this.accounts.returned(reserved);
    else this.reserved = reserved;
    return barred;
  }

  /** Reports the outcome. A login that was cut off before its answer counts as refused. */
  end(outcome: LoginOutcome): void {
    this.over.abort();
    const { accounts, reserved } = this;
    this.reserved = null;
    if (!reserved) return;
    if (outcome === 'accepted') accounts.accepted(reserved);
    else if (outcome === 'unanswered') accounts.returned(reserved);
    else accounts.refused(reserved);
  }

  private get isOver(): boolean {
    return this.over.signal.aborted;
  }

  private async tryPermit(reserved: AccountTry, permit: LoginPermit): Promise<Reason | null> {
    try {
      return await permit();
    } catch (error) {
      this.accounts.returned(reserved);
      throw error;
    }
  }

  private notSent(): Reason {
    const waitMs = this.accounts.msUntilFree(this.candidate);
    if (waitMs > 0) throw new AccountBudgetSpentError(waitMs);
    return OTHERS_UNDER_WAY;
  }
}
