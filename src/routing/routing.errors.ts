import { UnavailableError } from '../common/domain-error';

/** The replica that holds the session cannot be asked, or has not answered. */
export class OwnerUnreachableError extends UnavailableError {
  readonly code = 'OWNER_UNREACHABLE';
  override readonly retryAfterSeconds: number = 5;

  constructor(message = 'The replica that holds the session of this gateway cannot be reached; try again later') {
    super(message);
  }
}

/** The owner was asked and has not answered in time. */
export class OwnerSilentError extends UnavailableError {
  readonly code = 'OWNER_UNREACHABLE';
  override readonly retryAfterSeconds: number = 5;

  constructor() {
    super('The replica that holds the session of this gateway has not answered; it may have carried out the request');
  }
}
