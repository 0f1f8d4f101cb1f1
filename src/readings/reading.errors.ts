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

/** The record has no line at the frequencies that were asked for. */
export class BandOutsideRecordError extends UnprocessableError {
  readonly code = 'BAND_OUTSIDE_RECORD';

  /** @param field the parameter that names the band */
  constructor(highestHz: number, dfHz: number, field: string) {
    super(`The record has lines every ${dfHz} Hz up to ${highestHz} Hz, and none in this band`, field);
  }
}

/** One spectrum cannot show axes of different lengths. */
export class AxesDifferError extends UnprocessableError {
  readonly code = 'AXES_DIFFER';

  constructor() {
    super('The axes have different numbers of samples; ask for one axis at a time', 'axis');
  }
}

/** Its analysis would hold up everything else. */
export class RecordTooLongError extends UnprocessableError {
  readonly code = 'RECORD_TOO_LONG';

  constructor(limit: number) {
    super(`The record has more than ${limit} samples`);
  }
}

/** A trend must fit in one answer. */
export class TooManyBucketsError extends UnprocessableError {
  readonly code = 'TOO_MANY_BUCKETS';

  constructor(limit: number) {
    super(`The period has more than ${limit} buckets`, 'bucket');
  }
}
