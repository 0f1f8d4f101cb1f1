import { TooManyRequestsError, UnavailableError } from '../common/domain-error';

/** Each reader of the stream costs memory, so there is a limit. */
export class TooManyStreamsError extends UnavailableError {
  readonly code = 'TOO_MANY_STREAMS';

  constructor(limit: number) {
    super(`The limit of ${limit} concurrent event streams is reached`);
  }
}

/** A guess: it is unknown when one of the client's streams ends. Keeps clients from retrying in a tight loop. */
const STREAM_RETRY_SECONDS = 10;

/** A client must not use up the streams of all others. */
export class StreamShareUsedUpError extends TooManyRequestsError {
  readonly code = 'TOO_MANY_STREAMS';

  /** @param message says which limit was reached */
  constructor(message: string) {
    super(message, STREAM_RETRY_SECONDS);
  }
}
