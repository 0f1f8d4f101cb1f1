import type { Actor } from '../common/actor';
import { Secret } from '../crypto/secret';
import { passwordBinding } from './gateway.entity';
import type { Gateway } from './gateway.entity';
import { PasswordRequiredError } from './gateway.errors';
import { brokenBindings } from './password-binding';
import type { Destination } from './password-binding';

/** What a change of a connection is compared with. */
export const STORED_PROPERTIES = ['id', 'url', 'tls', 'email', 'password', 'connectionVersion'] as const;

/** Its password opens with the stored id and URL. */
export type StoredConnection = Pick<Gateway, (typeof STORED_PROPERTIES)[number]>;

export function toStoredConnection(row: StoredConnection): StoredConnection {
  return { ...row, password: row.password.for(passwordBinding(row.id, row.url)) };
}

/** How a change of a connection is carried out. */
export interface ConnectionChange {
  /** Besides the other changes: the password, if it must be stored, with the binding of the changed row. */
  readonly password?: Secret;
  /** The previous destination, if the stored password goes to another one from now on. */
  readonly before?: Destination;
  /** Whether the change contains the password that is already stored. */
  readonly confirmsPassword: boolean;
}

/** Whether a change may give the stored password another destination. */
export function isNewDestination({ url, email, tls }: Partial<Destination>): boolean {
  return url !== undefined || email !== undefined || tls !== undefined;
}

/**
 * Compares a change with what is stored.
 * @throws PasswordRequiredError if the stored password would go elsewhere, and the actor may not redirect it or it cannot be opened
 */
export function planChange(
  actor: Actor,
  stored: StoredConnection,
  { url = stored.url, email = stored.email, tls = stored.tls }: Partial<Destination>,
  password: Secret | undefined,
): ConnectionChange {
  const binding = passwordBinding(stored.id, url);
  const needsSealing = binding !== stored.password.binding;
  if (password) {
    const confirmsPassword = stored.password.revealOrNull() === password.reveal();
    return { confirmsPassword, ...((needsSealing || !confirmsPassword) && { password: password.for(binding) }) };
  }
  if (brokenBindings(stored, { url, email, tls }).length === 0) return { confirmsPassword: false };
  if (!actor.scopes.has('gateways:redirect')) throw new PasswordRequiredError();
  const before = { url: stored.url, email: stored.email, tls: stored.tls };
  return { before, confirmsPassword: false, ...(needsSealing && { password: openedFor(binding, stored.password) }) };
}

/** @throws PasswordRequiredError if the password cannot be opened */
function openedFor(binding: string, password: Secret): Secret {
  const plaintext = password.revealOrNull();
  if (plaintext === null) throw new PasswordRequiredError();
  return Secret.of(plaintext).for(binding);
}
