import { ForbiddenError } from './domain-error';

/** What an actor may do, as `resource:action`. The only thing that code asks for: a role is a named set of scopes. */
export const SCOPES = [
  'organizations:read',
  'organizations:write',
  'factories:read',
  'factories:write',
  'gateways:read',
  'gateways:write',
  /** Moves a stored password to another origin without giving it again. */
  'gateways:redirect',
  'gateways:test',
  'connections:read',
  /** Connect and disconnect. */
  'connections:order',
  /** Sensors, access points, and what they measured. */
  'readings:read',
  /** Have sensors measure now. */
  'readings:order',
  /** Limits of vibration severity, for the whole installation. */
  'severity:write',
  'keys:read',
  'keys:write',
  'audit:read',
] as const;

export type Scope = (typeof SCOPES)[number];

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/**
 * The organizations that are visible: one, or all of them if null. Every repository takes a reach first, and treats the rows of other
 * organizations as if they did not exist. An actor is its own reach.
 */
export interface Reach {
  readonly organizationId: string | null;
}

/** All organizations: for sessions, commands, and actors of the whole installation. */
export const EVERYWHERE: Reach = { organizationId: null };

/** Whether something that belongs to this organization is visible. */
export function reaches({ organizationId }: Reach, owner: string): boolean {
  return organizationId === null || organizationId === owner;
}

/** The HTTP request of a change, for the audit log. */
export interface RequestOrigin {
  readonly requestId: string;
  /** IP address of the caller; null if its connection is closed already. */
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** From where, and until when, a key works. Null: from any address, for ever. */
export interface KeyLimits {
  readonly allowedNetworks: readonly string[] | null;
  readonly expiresAt: Date | null;
}

/**
 * Who acts. A method that changes stored data on behalf of somebody takes the actor first; log lines and the audit log name it. What
 * the service records by itself, such as outcomes of logins, has no actor.
 */
export interface Actor extends Reach {
  /** `anonymous`: nobody is asked who they are. `command`: a command on the machine of the service. */
  readonly kind: 'key' | 'command' | 'system' | 'anonymous';
  readonly id: string;
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Those of its key; absent for actors without one. */
  readonly limits?: KeyLimits;
  /** Absent for commands, and for the actor that all requests with one key share. */
  readonly origin?: RequestOrigin;
}

const ALL_SCOPES: ReadonlySet<Scope> = new Set(SCOPES);

const NOTHING: Reach = { organizationId: '00000000-0000-0000-0000-000000000000' };

/** The service itself. */
export const SYSTEM: Actor = { kind: 'system', id: 'system', name: 'system', scopes: ALL_SCOPES, ...EVERYWHERE };

/** The schedules, which order measurements. */
export const SCHEDULE: Actor = {
  kind: 'system',
  id: 'schedule',
  name: 'schedule',
  scopes: new Set(['readings:order']),
  ...EVERYWHERE,
};

/** Every caller while `AUTH` is `off`. */
export const ANONYMOUS: Actor = {
  kind: 'anonymous',
  id: 'anonymous',
  name: 'anonymous',
  scopes: ALL_SCOPES,
  ...EVERYWHERE,
};

/** A caller of a public operation who has shown no valid key: may do nothing, and reaches nothing. */
export const UNKNOWN_CALLER: Actor = {
  kind: 'anonymous',
  id: 'unknown',
  name: 'unknown',
  scopes: new Set(),
  ...NOTHING,
};

/** The actor lacks a scope that this request needs. */
export class MissingScopeError extends ForbiddenError {
  readonly code = 'FORBIDDEN';
  override readonly detailCode = 'missing_scope';

  constructor(scope: Scope) {
    super(`needs ${scope}`, 'scope');
  }
}

/** @throws MissingScopeError */
export function requireScope({ scopes }: Actor, scope: Scope): void {
  if (!scopes.has(scope)) throw new MissingScopeError(scope);
}

/** The actor's fields in a log line. */
export function by({ name, kind, id }: Actor): { actor: string; actorKind: string; actorId: string } {
  return { actor: name, actorKind: kind, actorId: id };
}

/** A command of the command line, such as `keys:rotate`. */
export function commandActor(name: string): Actor {
  return { kind: 'command', id: name, name, scopes: ALL_SCOPES, ...EVERYWHERE };
}
