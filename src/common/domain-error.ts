import type { ErrorCode } from './error-codes';

/** A rule of the application refused what was asked. It has a stable code and knows nothing about HTTP. */
export abstract class DomainError extends Error {
  abstract readonly code: ErrorCode;

  /** @param field what the rule is about, as the caller calls it: `factory_id` */
  constructor(
    message: string,
    readonly field?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** What was asked for does not exist, or no longer. */
export abstract class NotFoundError extends DomainError {}

/** It would clash with something that exists, or is under way. */
export abstract class ConflictError extends DomainError {}

/** The request is well formed, and refers to something that does not exist. */
export abstract class InvalidReferenceError extends DomainError {}

/** The request is well formed, but violates a rule of the service. */
export abstract class UnprocessableError extends DomainError {}

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

/** Not now: this service cannot answer yet. */
export abstract class UnavailableError extends DomainError {}
