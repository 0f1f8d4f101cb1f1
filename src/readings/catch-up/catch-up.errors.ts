import { ConflictError, NotFoundError } from '../../common/domain-error';

/** No backfill has this id, or its gateway was deleted. */
export class BackfillNotFoundError extends NotFoundError {
  readonly code = 'BACKFILL_NOT_FOUND';

  constructor(id: string) {
    super(`There is no backfill ${id}`);
  }
}

/** The backfill has ended, so it cannot be cancelled. */
export class BackfillEndedError extends ConflictError {
  readonly code = 'BACKFILL_ENDED';

  constructor() {
    super('The backfill has ended');
  }
}
