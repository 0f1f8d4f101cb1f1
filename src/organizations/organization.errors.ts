import { ConflictError, InvalidReferenceError, NotFoundError } from '../common/domain-error';

const code = 'ORGANIZATION_NOT_FOUND';

/** No organization has this id, or it was deleted. */
export class OrganizationNotFoundError extends NotFoundError {
  readonly code = code;

  constructor(id: string) {
    super(`There is no organization ${id}`);
  }
}

/** A request refers to an organization that does not exist. */
export class UnknownOrganizationError extends InvalidReferenceError {
  readonly code = code;

  constructor(id: string) {
    super(`There is no organization ${id}`, 'organization_id');
  }
}

/** The organization has living factories, and only a cascade deletes those. */
export class OrganizationNotEmptyError extends ConflictError {
  readonly code = 'ORGANIZATION_NOT_EMPTY';

  constructor() {
    super('The organization has factories; send cascade=true to delete them and their gateways too');
  }
}
