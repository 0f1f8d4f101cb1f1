import { ConflictError, NotFoundError, UnprocessableError } from '../common/domain-error';

/** No reading has this id, or its gateway was deleted. */
export class ReadingNotFoundError extends NotFoundError {
  readonly code = 'READING_NOT_FOUND';

  constructor(id: string) {
    super(`There is no reading ${id}`);
  }
}

/** The reading has no samples of these axes, and never had. */
export class WaveformNotFoundError extends NotFoundError {
  readonly code = 'WAVEFORM_NOT_FOUND';

  constructor(id: string) {
    super(`The reading ${id} has no waveform of these axes`);
  }
}

/** The retention has deleted the waveform. */
export class WaveformThinnedError extends ConflictError {
  readonly code = 'WAVEFORM_THINNED';

  constructor(id: string) {
    super(`The waveform of the reading ${id} is no longer kept`);
  }
}

/** Neither the sensor nor an operator has stated the sample rate. */
export class SampleRateUnknownError extends ConflictError {
  readonly code = 'SAMPLE_RATE_UNKNOWN';

  constructor(id: string) {
    super(`The sample rate of the reading ${id} is unknown`);
  }
}

/** A trend must fit in one answer. */
export class TooManyBucketsError extends UnprocessableError {
  readonly code = 'TOO_MANY_BUCKETS';

  constructor(limit: number) {
    super(`The period has more than ${limit} buckets`, 'bucket');
  }
}
