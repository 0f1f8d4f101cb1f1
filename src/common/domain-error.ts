import type { ErrorCode } from './error-codes';

/** A rule of the application refused the request. Has a stable code and is independent of HTTP. */
export abstract class DomainError extends Error {
  abstract readonly code: ErrorCode;
  /** The code in the detail about the field, if it is another one. */
  readonly detailCode?: string;

  /** @param field the field that the rule is about, by its name in the API: `factory_id` */
  constructor(
    message: string,
    readonly field?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The requested resource does not exist, or no longer exists. */
export abstract class NotFoundError extends DomainError {}

/** The request conflicts with something that exists or is in progress. */
export abstract class ConflictError extends DomainError {}

/** The request is well formed, but refers to something that does not exist. */
export abstract class InvalidReferenceError extends DomainError {}

/** The request is well formed, but violates a rule of the service. */
export abstract class UnprocessableError extends DomainError {}

/** A condition that the client stated about the present state does not hold. */
export abstract class PreconditionError extends DomainError {}

/** The client must state a condition. */
export abstract class PreconditionMissingError extends DomainError {}

/** The caller has not shown who they are. */
export abstract class UnauthenticatedError extends DomainError {}

/** The caller may not do this. */
export abstract class ForbiddenError extends DomainError {}

/** The caller has reached a limit. */
export abstract class TooManyRequestsError extends DomainError {
  /** @param retryAfterSeconds seconds until the next attempt, a whole number */
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
    field?: string,
  ) {
    super(message, field);
  }
}

/** The service cannot answer yet. */
export abstract class UnavailableError extends DomainError {
  /** Seconds until the next attempt, a whole number; undefined if nothing can be said about it. */
  readonly retryAfterSeconds?: number;
}
