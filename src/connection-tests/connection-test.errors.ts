import { ConflictError, UnavailableError } from '../common/domain-error';

/** A test would open a second socket beside the gateway's session. */
export class SessionLiveError extends ConflictError {
  readonly code = 'SESSION_LIVE';

  constructor() {
    super('The gateway has a session, or is being dialled or tested; send force=true to test it anyway');
  }
}

/** Tests are limited in number, because each can hold a socket until its time-outs, and to one at a time for each login. */
export class TooManyTestsError extends UnavailableError {
  readonly code = 'TOO_MANY_TESTS';

  constructor() {
    super('Too many connection tests are running, or this login is already being tested; try again later');
  }
}
