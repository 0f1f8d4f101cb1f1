import { TooManyRequestsError } from '../common/domain-error';

/** Too many logins of this account were refused within the hour, on any gateway, in any test, with any password. */
export class AccountBudgetSpentError extends TooManyRequestsError {
  readonly code = 'ACCOUNT_BUDGET_SPENT';

  /** @param waitMs milliseconds until the hour is over */
  constructor(waitMs: number) {
    super(
      'Too many logins of this account were refused within an hour; try again after Retry-After',
      Math.max(1, Math.ceil(waitMs / 1000)),
    );
  }
}
