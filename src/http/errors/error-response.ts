import { HttpException, HttpStatus } from '@nestjs/common';
import {
  ConflictError,
  DomainError,
  InvalidReferenceError,
  ForbiddenError,
  NotFoundError,
  PreconditionError,
  PreconditionMissingError,
  TooManyRequestsError,
  UnauthenticatedError,
  UnavailableError,
  UnprocessableError,
} from '../../common/domain-error';
import { errorEnvelope } from '../contract/error.dto';
import type { ErrorDto } from '../contract/error.dto';
import { RequestInvalidError } from '../contract/validation';
import { EncodedBodyError, MalformedJsonError } from './body.errors';

const DOMAIN_STATUS = new Map<unknown, HttpStatus>([
  [NotFoundError, HttpStatus.NOT_FOUND],
  [UnauthenticatedError, HttpStatus.UNAUTHORIZED],
  [ForbiddenError, HttpStatus.FORBIDDEN],
  [ConflictError, HttpStatus.CONFLICT],
  [PreconditionError, HttpStatus.PRECONDITION_FAILED],
  [PreconditionMissingError, HttpStatus.PRECONDITION_REQUIRED],
  [InvalidReferenceError, HttpStatus.UNPROCESSABLE_ENTITY],
  [UnprocessableError, HttpStatus.UNPROCESSABLE_ENTITY],
  [TooManyRequestsError, HttpStatus.TOO_MANY_REQUESTS],
  [UnavailableError, HttpStatus.SERVICE_UNAVAILABLE],
]);

/** Refusals by the framework, which have a status but none of our codes. */
const FRAMEWORK_ERRORS: Partial<Record<number, [code: string, message: string]>> = {
  400: ['MALFORMED_JSON', 'The body does not match its headers'],
  404: ['NOT_FOUND', 'Route not found'],
  408: ['REQUEST_TIMEOUT', 'The request took too long to arrive'],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'Only application/json is accepted'],
};

/**
 * Converts any error into the response envelope. Null means an internal error, whose cause must not be exposed.
 * @param bodyLimit of the route, in bytes
 */
export function toErrorResponse(error: unknown, bodyLimit: number): ErrorDto | null {
  if (error instanceof RequestInvalidError) return errorEnvelope(400, 'VALIDATION_ERROR', error.message, error.details);
  if (error instanceof MalformedJsonError) return errorEnvelope(400, 'MALFORMED_JSON', error.message);
  if (error instanceof EncodedBodyError) return errorEnvelope(415, 'UNSUPPORTED_MEDIA_TYPE', error.message);
  if (error instanceof DomainError) return fromDomainError(error);
  // The file server of the documentation answers 403 for a path outside its folder.
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return status === 413 ? bodyTooLarge(bodyLimit) : fromFramework(status === 403 ? 404 : status);
  }
  return null;
}

/** The response to a request whose body ends too early. */
export const requestCutShort = errorEnvelope(400, 'BAD_REQUEST', 'The request is incomplete');

/** The response to every internal error: it never exposes the cause. */
export const internalError = errorEnvelope(
  500,
  'INTERNAL_ERROR',
  'Internal error; see the service log for this request id',
);

function fromDomainError(error: DomainError): ErrorDto {
  const status = DOMAIN_STATUS.get(Object.getPrototypeOf(error.constructor)) ?? HttpStatus.INTERNAL_SERVER_ERROR;
  const details =
    error.field === undefined
      ? undefined
      : [{ path: error.field, message: error.message, code: error.detailCode ?? error.code }];
  return errorEnvelope(status, error.code, error.message, details);
}

function bodyTooLarge(limit: number): ErrorDto {
  return errorEnvelope(413, 'PAYLOAD_TOO_LARGE', `The body is larger than ${limit / 1024} KiB`);
}

function fromFramework(status: number): ErrorDto | null {
  const [code, message] = FRAMEWORK_ERRORS[status] ?? [];
  return code && message ? errorEnvelope(status, code, message) : null;
}
