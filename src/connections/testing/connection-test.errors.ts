import { ConflictError, UnavailableError } from '../../common/domain-error';

/** A test would be a second socket beside the gateway's session. */
export class SessionLiveError extends ConflictError {
  readonly code = 'SESSION_LIVE';

  constructor() {
    super('The gateway has a session, or is being dialled or tested; send force=true to test beside it');
  }
}

/** Each test holds a socket for as long as its time-outs allow. */
export class TooManyTestsError extends UnavailableError {
  readonly code = 'TOO_MANY_TESTS';

  constructor() {
    super('Too many connection tests are running, or this login is already being tested; try again later');
  }
}
