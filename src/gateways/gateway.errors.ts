import { outsideNetworks } from '../common/allowed-networks';
import type { NetworkSetting } from '../common/allowed-networks';
import { ConflictError, NotFoundError, UnprocessableError } from '../common/domain-error';
import { ReadOnlyFieldError } from '../http/contract/read-only';

/** No gateway has this id, or it was deleted. */
export class GatewayNotFoundError extends NotFoundError {
  readonly code = 'GATEWAY_NOT_FOUND';

  constructor(id: string) {
    super(`There is no gateway ${id}`);
  }
}

/** A living gateway of the organization already has this label. */
export class GatewayIdTakenError extends ConflictError {
  readonly code = 'GATEWAY_ID_TAKEN';

  constructor(options?: ErrorOptions) {
    super('Another gateway of this organization has this gateway_id', 'gateway_id', options);
  }
}

/** The address in the URL is outside the allowed networks. */
export class AddressRefusedError extends UnprocessableError {
  readonly code = 'ADDRESS_REFUSED';

  constructor(address: string, setting: NetworkSetting) {
    super(outsideNetworks([address], setting), 'url');
  }
}

/** Another living gateway of the organization uses this URL and e-mail. */
export class GatewayUrlTakenError extends ConflictError {
  readonly code = 'GATEWAY_URL_TAKEN';

  constructor() {
    super(
      'Another gateway of this organization has this url and email; send allow_duplicate=true to allow both',
      'url',
    );
  }
}

/** Without TLS, settings that verify a certificate would be silently ignored. */
export class TlsNeedsWssError extends UnprocessableError {
  readonly code = 'TLS_NEEDS_WSS';

  constructor() {
    super('tls.ca and tls.fingerprint256 need a wss:// url: a ws:// url has no certificate to verify', 'tls');
  }
}

/** The stored password would be sent to a destination, or under a TLS check, that it was not given for. */
export class PasswordRequiredError extends UnprocessableError {
  readonly code = 'PASSWORD_REQUIRED';

  constructor() {
    super(
      'The stored password is never sent to another origin or email, or with weaker tls: send the password too',
      'password',
    );
  }
}

/** A gateway stays in its organization. */
export class FactoryInOtherOrganizationError extends UnprocessableError {
  readonly code = 'FACTORY_IN_OTHER_ORGANIZATION';

  constructor() {
    super('A gateway can move only to a factory of the same organization', 'factory_id');
  }
}

/** The desired state is set with the connect and disconnect commands, not together with other fields. */
export function desiredStateIsReadOnly(): ReadOnlyFieldError {
  return new ReadOnlyFieldError('desired_state', 'send connect or disconnect');
}
