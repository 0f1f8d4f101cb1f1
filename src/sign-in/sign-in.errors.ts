import { ConflictError, UnauthenticatedError } from '../common/domain-error';

/** Nobody can sign in with this key. One message, whether it is unknown, malformed, expired or revoked. */
export class KeyRefusedError extends UnauthenticatedError {
  readonly code = 'UNAUTHENTICATED';

  constructor() {
    super('This is not a valid API key', 'api_key');
  }
}

/** With `AUTH=off`, nobody is asked who they are. */
export class SignInOffError extends ConflictError {
  readonly code = 'SIGN_IN_OFF';

  constructor() {
    super('This service asks nobody who they are (AUTH=off)');
  }
}
