import { ConflictError, NotFoundError, TooManyRequestsError } from '../common/domain-error';

/** No acquisition has this id, or its gateway was deleted. */
export class AcquisitionNotFoundError extends NotFoundError {
  readonly code = 'ACQUISITION_NOT_FOUND';

  constructor(id: string) {
    super(`There is no acquisition ${id}`);
  }
}

/** The command is with the gateway, and the protocol cannot take it back. */
export class AcquisitionUnderWayError extends ConflictError {
  readonly code = 'ACQUISITION_UNDER_WAY';

  constructor() {
    super('The gateway has the command already');
  }
}

/** The acquisition has ended, so it cannot be cancelled. */
export class AcquisitionEndedError extends ConflictError {
  readonly code = 'ACQUISITION_ENDED';

  constructor() {
    super('The acquisition has ended');
  }
}

/** The sensor has measured this a short time ago. Measuring costs its battery. */
export class TooSoonError extends TooManyRequestsError {
  readonly code = 'TOO_SOON';

  constructor(retryAfterSeconds: number) {
    super('The last order of this kind was sent to the sensor a short time ago', retryAfterSeconds);
  }
}
