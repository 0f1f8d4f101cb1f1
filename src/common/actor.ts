/**
 * Who acts. A method that changes stored data on behalf of somebody takes the actor first, and log lines of changes name it. What the
 * service records by itself, such as outcomes of logins, has no actor. Nothing checks an actor yet.
 */
export interface Actor {
  readonly kind: 'system';
  readonly id: string;
  readonly name: string;
}

/** The actor of every request and command, until there is authentication. */
export const SYSTEM: Actor = { kind: 'system', id: 'system', name: 'system' };
