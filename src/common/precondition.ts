import { PreconditionError, PreconditionMissingError } from './domain-error';

/** A condition that a client states for a change: RFC 9110, section 13.1.1. */
export interface IfMatch {
  /** The revisions that the resource may have; undefined if any will do. */
  readonly ifMatch?: readonly number[] | undefined;
}

/** The row has changed since the client read it. */
export class PreconditionFailedError extends PreconditionError {
  readonly code = 'PRECONDITION_FAILED';

  /** @param revision that the row has now */
  constructor(readonly revision: number) {
    super('The resource has changed since it was read: its ETag is another one now', 'If-Match');
  }
}

/** The service is configured to accept only changes that name the revision they are based on. */
export class PreconditionRequiredError extends PreconditionMissingError {
  readonly code = 'PRECONDITION_REQUIRED';

  constructor() {
    super('This service requires If-Match with the ETag of the resource, or *', 'If-Match');
  }
}
