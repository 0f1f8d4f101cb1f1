import { outsideNetworks } from '../common/allowed-networks';
import { ConflictError, NotFoundError, UnprocessableError } from '../common/domain-error';

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

/** The URL names an address outside the networks where gateways may be. */
export class AddressRefusedError extends UnprocessableError {
  readonly code = 'ADDRESS_REFUSED';

  constructor(address: string) {
    super(outsideNetworks([address]), 'url');
  }
}
