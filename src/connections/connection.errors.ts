import { TooManyRequestsError, UnavailableError } from '../common/domain-error';

/** This service does not hold the sessions, so it does not know their state; it says so rather than guess. */
export class NotReadyError extends UnavailableError {
  readonly code = 'NOT_READY';

  constructor() {
    super('This service does not hold the sessions yet');
  }
}

/** Each reader of the stream costs memory, so there is a limit. */
export class TooManyStreamsError extends UnavailableError {
  readonly code = 'TOO_MANY_STREAMS';

  constructor(limit: number) {
    super(`The limit of ${limit} concurrent event streams is reached`);
  }
}

/** A guess: it is unknown when one of the client's streams ends. Keeps clients from retrying in a tight loop. */
const STREAM_RETRY_SECONDS = 10;

/** A client must not take the streams of all others. */
export class StreamShareUsedUpError extends TooManyRequestsError {
  readonly code = 'TOO_MANY_STREAMS';

  /** @param message says which limit was reached */
  constructor(message: string) {
    super(message, STREAM_RETRY_SECONDS);
  }
}

/** Too many logins of this account were refused within the hour, on any gateway, in any test, with any password. */
export class AccountBudgetSpentError extends TooManyRequestsError {
  readonly code = 'ACCOUNT_BUDGET_SPENT';

  /** @param waitMs milliseconds until the hour is over */
  constructor(waitMs: number) {
    super(
      'Too many logins of this account were refused within the hour; try again when it is over',
      Math.max(1, Math.ceil(waitMs / 1000)),
    );
  }
}
