import type { Moment } from '../common/clock';
import type { Secret } from '../crypto/secret';
import type { PublicGateway } from '../events/domain-events';
import type { TlsSettings } from '../gateway-client/transport/tls-settings';
import { passwordBinding } from './gateway.entity';
import type { Gateway, GatewayRow } from './gateway.entity';

/** Outcomes of the current login so far: see `LoginBudget`. */
export interface LoginRecord {
  /** Whether it was ever accepted. */
  readonly accepted: boolean;
  /** Tries since it was last accepted that were refused or whose outcome is unknown. */
  readonly refusals: number;
  /** When the next try is due; null if no refusal was seen. */
  readonly nextLoginAt: Moment | null;
}

/** Where and as whom to connect; the password is still sealed. */
export interface ConnectionTarget {
  readonly gateway: PublicGateway;
  /** That of the gateway. */
  readonly gatewayId: string;
  /** That of the gateway. */
  readonly organizationId: string;
  readonly url: string;
  readonly tls: TlsSettings | null;
  readonly email: string;
  readonly password: Secret;
  readonly login: LoginRecord;
}

/** The minimum needed to detect that a gateway has changed. */
export type GatewayRevision = Pick<PublicGateway, 'id' | 'revision'>;

/** The public fields of a row. Copied one by one, so that a field added to the row later stays private until it is listed here. */
export function toPublicGateway(row: Pick<GatewayRow, keyof PublicGateway>): PublicGateway {
  return {
    id: row.id,
    factoryId: row.factoryId,
    organizationId: row.organizationId,
    label: row.label,
    name: row.name,
    desiredState: row.desiredState,
    connectionVersion: row.connectionVersion,
    revision: row.revision,
    lastSeenAt: row.lastSeenAt,
  };
}

/** Properties to read for a connection. Descriptive ones, such as `model` and `metadata`, are left out. */
export const TARGET_PROPERTIES = [
  ...(['id', 'factoryId', 'organizationId', 'label', 'name', 'desiredState', 'connectionVersion'] as const),
  ...(['revision', 'lastSeenAt'] as const),
  ...(['url', 'tls', 'email', 'password'] as const),
] as const;

/** A gateway with the outcomes of its current login; those are null if it was never tried. */
export interface TargetRow extends Pick<Gateway, (typeof TARGET_PROPERTIES)[number]> {
  readonly accepted: boolean | null;
  readonly refusals: number | null;
  /** Milliseconds by the database's clock, negative if past; null if no refusal was seen. */
  readonly nextLoginInMs: number | null;
}

export function toConnectionTarget(row: TargetRow): ConnectionTarget {
  return {
    gateway: toPublicGateway(row),
    gatewayId: row.id,
    organizationId: row.organizationId,
    url: row.url,
    tls: row.tls,
    email: row.email,
    password: row.password.for(passwordBinding(row.id, row.url)),
    login: {
      accepted: row.accepted ?? false,
      refusals: row.refusals ?? 0,
      nextLoginAt: momentIn(row.nextLoginInMs),
    },
  };
}

function momentIn(ms: number | null): Moment | null {
  return ms === null ? null : performance.now() + ms;
}
