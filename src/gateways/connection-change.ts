import type { Actor } from '../common/actor';
import type { Secret } from '../crypto/secret';
import type { Gateway } from './gateway.entity';
import { PasswordRequiredError } from './gateway.errors';
import type { GatewayChanges } from './gateways.repository';
import { brokenBindings } from './password-binding';
import type { Destination } from './password-binding';

/** What a change of a connection is compared with. */
export const STORED_PROPERTIES = ['id', 'url', 'tls', 'email', 'password', 'connectionVersion'] as const;

export type StoredConnection = Pick<Gateway, (typeof STORED_PROPERTIES)[number]>;

/** How a change of a connection is carried out. */
export interface ConnectionChange {
  /** Besides the other changes: the password, if it must be stored. */
  readonly password?: Secret;
  /** The previous destination, if the stored password goes to another one from now on. */
  readonly before?: Destination;
  /** Whether the change contains the password that is already stored. */
  readonly confirmsPassword: boolean;
}

/** Whether a change may give the stored password another destination. */
export function isNewDestination({ url, email, tls }: GatewayChanges): boolean {
  return url !== undefined || email !== undefined || tls !== undefined;
}

/**
 * Compares a change with what is stored.
 * @throws PasswordRequiredError if the stored password would go elsewhere, and the actor may not redirect it
 */
export function planChange(
  actor: Actor,
  stored: StoredConnection,
  { url = stored.url, email = stored.email, tls = stored.tls }: GatewayChanges,
  password: Secret | undefined,
): ConnectionChange {
  if (password) {
    const isStored = stored.password.revealOrNull() === password.reveal();
    return isStored ? { confirmsPassword: true } : { password, confirmsPassword: false };
  }
  if (brokenBindings(stored, { url, email, tls }).length === 0) return { confirmsPassword: false };
  if (!actor.scopes.has('gateways:redirect')) throw new PasswordRequiredError();
  return { before: { url: stored.url, email: stored.email, tls: stored.tls }, confirmsPassword: false };
}
