import type { Secret } from '../crypto/secret';
import type { PublicGateway } from '../events/domain-events';
import type { Gateway, GatewayRow } from './gateway.entity';

/** Where and as whom to connect; the password is still sealed. */
export interface ConnectionTarget {
  readonly gateway: PublicGateway;
  readonly url: string;
  readonly email: string;
  readonly password: Secret;
}

/** The least that tells whether what is known of a gateway is out of date. */
export type GatewayRevision = Pick<PublicGateway, 'id' | 'connectionVersion' | 'desiredState' | 'updatedAt'>;

/** What anybody may know of a row. Copied field by field: a field added to the row later stays private until it is named here. */
export function toPublicGateway(row: GatewayRow): PublicGateway {
  return {
    id: row.id,
    factoryId: row.factoryId,
    label: row.label,
    name: row.name,
    desiredState: row.desiredState,
    connectionVersion: row.connectionVersion,
    updatedAt: row.updatedAt,
    lastSeenAt: row.lastSeenAt,
  };
}

/** Of a row whose password was selected. */
export function toConnectionTarget(row: Gateway): ConnectionTarget {
  return { gateway: toPublicGateway(row), url: row.url, email: row.email, password: row.password };
}
