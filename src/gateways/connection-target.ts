import type { Moment } from '../common/clock';
import type { Secret } from '../crypto/secret';
import type { PublicGateway } from '../events/domain-events';
import type { Gateway, GatewayRow } from './gateway.entity';

/** How the certificate of a gateway is verified. */
export interface TlsSettings {
  /** PEM of the authorities to trust, instead of the system's. */
  readonly ca?: string;
  /** SHA-256 of the one certificate to accept: pairs of hexadecimal digits in upper case, separated by colons. */
  readonly fingerprint256?: string;
  /** Accept any certificate. */
  readonly insecure?: boolean;
}

/** After so many refusals of one login, the service is silent until somebody acts. */
export const LOGIN_BUDGET = 3;

/** What the present login has met so far: see `LoginBudget`. */
export interface LoginRecord {
  /** Whether it was ever accepted. */
  readonly accepted: boolean;
  /** Tries since then that were refused, or that nobody knows the outcome of. */
  readonly refusals: number;
  /** When the next try is due; null when no refusal was seen. */
  readonly nextLoginAt: Moment | null;
}

/** Where and as whom to connect; the password is still sealed. */
export interface ConnectionTarget {
  readonly gateway: PublicGateway;
  readonly url: string;
  readonly tls: TlsSettings | null;
  readonly email: string;
  readonly password: Secret;
  readonly login: LoginRecord;
}

/** The least that tells whether what is known of a gateway is out of date. */
export type GatewayRevision = Pick<PublicGateway, 'id' | 'revision'>;

/** What anybody may know of a row. Copied field by field: a field added to the row later stays private until it is named here. */
export function toPublicGateway(row: Pick<GatewayRow, keyof PublicGateway>): PublicGateway {
  return {
    id: row.id,
    factoryId: row.factoryId,
    label: row.label,
    name: row.name,
    desiredState: row.desiredState,
    connectionVersion: row.connectionVersion,
    revision: row.revision,
    lastSeenAt: row.lastSeenAt,
  };
}

/** What is read for a connection: nothing that only people want to know. */
export const TARGET_PROPERTIES = [
  ...(['id', 'factoryId', 'label', 'name', 'desiredState', 'connectionVersion', 'revision', 'lastSeenAt'] as const),
  ...(['url', 'tls', 'email', 'password', 'loginAccepted', 'loginRefusals'] as const),
] as const;

export interface TargetRow extends Pick<Gateway, (typeof TARGET_PROPERTIES)[number]> {
  /** Milliseconds by the database's clock, negative if past; null if no refusal was seen. */
  readonly nextLoginInMs: number | null;
}

export function toConnectionTarget(row: TargetRow): ConnectionTarget {
  return {
    gateway: toPublicGateway(row),
    url: row.url,
    tls: row.tls,
    email: row.email,
    password: row.password,
    login: { accepted: row.loginAccepted, refusals: row.loginRefusals, nextLoginAt: momentIn(row.nextLoginInMs) },
  };
}

function momentIn(ms: number | null): Moment | null {
  return ms === null ? null : performance.now() + ms;
}
