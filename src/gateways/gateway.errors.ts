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

/** A living gateway of the same organization already logs in at this URL with this e-mail. */
export class GatewayUrlTakenError extends ConflictError {
  readonly code = 'GATEWAY_URL_TAKEN';

  constructor() {
    super('Another gateway of this organization has this url and email; send allow_duplicate=true to have both', 'url');
  }
}

/** Settings that verify a certificate would be ignored without TLS, in silence. */
export class TlsNeedsWssError extends UnprocessableError {
  readonly code = 'TLS_NEEDS_WSS';

  constructor() {
    super('tls.ca and tls.fingerprint256 verify a certificate, and a ws:// url has none: use wss://', 'tls');
  }
}

/** The stored password would go to an address, an account or a certificate that it was not given for. */
export class PasswordRequiredError extends UnprocessableError {
  readonly code = 'PASSWORD_REQUIRED';

  constructor() {
    super(
      'The stored password is not sent elsewhere: a changed origin, email or weaker tls needs the password',
      'password',
    );
  }
}
