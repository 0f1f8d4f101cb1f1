import { ConflictError, NotFoundError } from '../common/domain-error';

/** Nobody has a gateway of this id, or it was deleted. */
export class GatewayNotFoundError extends NotFoundError {
  readonly code = 'GATEWAY_NOT_FOUND';

  constructor(id: string) {
    super(`There is no gateway ${id}`);
  }
}

/** A living gateway already has this label. */
export class GatewayIdTakenError extends ConflictError {
  readonly code = 'GATEWAY_ID_TAKEN';

  constructor(options?: ErrorOptions) {
    super('Another gateway has this gateway_id', 'gateway_id', options);
  }
}
