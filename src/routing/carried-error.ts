import { z } from 'zod';
import {
  ConflictError,
  ForbiddenError,
  InvalidReferenceError,
  NotFoundError,
  TooManyRequestsError,
  UnavailableError,
  UnprocessableError,
} from '../common/domain-error';
import type { DomainError } from '../common/domain-error';
import { ERROR_CODES } from '../common/error-codes';
import type { ErrorCode } from '../common/error-codes';

/** The kinds of refusals, each of which has an HTTP status. */
const KINDS = {
  not_found: NotFoundError,
  conflict: ConflictError,
  invalid_reference: InvalidReferenceError,
  unprocessable: UnprocessableError,
  forbidden: ForbiddenError,
  too_many: TooManyRequestsError,
  unavailable: UnavailableError,
} as const;

type Kind = keyof typeof KINDS;

export const carriedError = z.object({
  kind: z.enum(Object.keys(KINDS) as Kind[]),
  code: z.string().refine((code): code is ErrorCode => code in ERROR_CODES),
  message: z.string(),
  field: z.string().optional(),
  detailCode: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
});

/** A refusal as one replica tells it to another. */
export type CarriedError = z.output<typeof carriedError>;

/** Null for a kind of error that no call to an owner ends with. */
export function toCarriedError(error: DomainError): CarriedError | null {
  const kind = (Object.keys(KINDS) as Kind[]).find((each) => error instanceof KINDS[each]);
  if (!kind) return null;
  const { code, message, field, detailCode } = error;
  const retryAfterSeconds =
    error instanceof TooManyRequestsError || error instanceof UnavailableError ? error.retryAfterSeconds : undefined;
  return { kind, code, message, field, detailCode, retryAfterSeconds };
}

/** The refusal as if this process had made it. */
export function fromCarriedError(carried: CarriedError): DomainError {
  const { kind, code, message, field, detailCode, retryAfterSeconds = 1 } = carried;
  const fields = { code, ...(detailCode !== undefined && { detailCode }) };
  switch (kind) {
    case 'not_found':
      return Object.assign(new RefusedAsNotFound(message, field), fields);
    case 'conflict':
      return Object.assign(new RefusedAsConflict(message, field), fields);
    case 'invalid_reference':
      return Object.assign(new RefusedAsInvalidReference(message, field), fields);
    case 'unprocessable':
      return Object.assign(new RefusedAsUnprocessable(message, field), fields);
    case 'forbidden':
      return Object.assign(new RefusedAsForbidden(message, field), fields);
    case 'too_many':
      return Object.assign(new RefusedAsTooMany(message, retryAfterSeconds, field), fields);
    case 'unavailable':
      return Object.assign(new RefusedAsUnavailable(message, field), fields, {
        retryAfterSeconds: carried.retryAfterSeconds,
      });
  }
}

class RefusedAsNotFound extends NotFoundError {
  declare readonly code: ErrorCode;
}

class RefusedAsConflict extends ConflictError {
  declare readonly code: ErrorCode;
}

class RefusedAsInvalidReference extends InvalidReferenceError {
  declare readonly code: ErrorCode;
}

class RefusedAsUnprocessable extends UnprocessableError {
  declare readonly code: ErrorCode;
}

class RefusedAsForbidden extends ForbiddenError {
  declare readonly code: ErrorCode;
}

class RefusedAsTooMany extends TooManyRequestsError {
  declare readonly code: ErrorCode;
}

class RefusedAsUnavailable extends UnavailableError {
  declare readonly code: ErrorCode;
}
