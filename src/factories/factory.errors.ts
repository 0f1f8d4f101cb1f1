import { InvalidReferenceError, NotFoundError } from '../common/domain-error';

const code = 'FACTORY_NOT_FOUND';

/** No factory has this id, or it was deleted. */
export class FactoryNotFoundError extends NotFoundError {
  readonly code = code;

  constructor(id: string) {
    super(`There is no factory ${id}`);
  }
}

/** A request refers to a factory that does not exist. */
export class UnknownFactoryError extends InvalidReferenceError {
  readonly code = code;

  constructor(id: string) {
    super(`There is no factory ${id}`, 'factory_id');
  }
}
