import { UnprocessableError } from './domain-error';

/** A request that must take effect only once. */
export interface Once {
  /** The value of its `Idempotency-Key` header. */
  readonly key: string;
  /** Identifies its content. */
  readonly fingerprint: Buffer;
}

/** What a request created: now, or when it was sent before. */
export interface Created<Row> {
  readonly row: Row;
  readonly isReplay: boolean;
}

/** The key was used for another request. */
export class IdempotencyKeyReusedError extends UnprocessableError {
  readonly code = 'IDEMPOTENCY_KEY_REUSED';

  constructor() {
    super('This key was used for a request with another path or body within the last 24 hours', 'Idempotency-Key');
  }
}
