import { UnavailableError } from '../common/domain-error';

/** This service does not hold the sessions, so it does not know their states. */
export class NotReadyError extends UnavailableError {
  readonly code = 'NOT_READY';

  constructor() {
    super('This service does not run the sessions yet');
  }
}
