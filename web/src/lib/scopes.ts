import type { Role } from '../../.generated/types.gen';

export type Scope = Role['scopes'][number];

/** What each scope allows, in words: a new scope does not compile until it has some. */
export const SCOPE_WORDS: Record<Scope, string> = {
  'organizations:read': 'See organizations',
  'organizations:write': 'Create, change and delete organizations',
  'factories:read': 'See factories',
  'factories:write': 'Create, change and delete factories',
  'gateways:read': 'See gateways',
  'gateways:write': 'Create, change and delete gateways; change sensors',
  'gateways:redirect': 'Send a stored password to another address',
  'gateways:test': 'Test the connection of a gateway',
  'connections:read': 'See states, history, and changes as they happen',
  'connections:order': 'Connect and disconnect',
  'readings:read': 'See sensors and readings',
  'readings:order': 'Have sensors measure',
  'severity:write': 'Change the limits of vibration severity',
  'keys:read': 'See API keys',
  'keys:write': 'Make, change and revoke API keys',
  'audit:read': 'See the audit log',
};

/** In the order in which they are offered. */
export const SCOPES = Object.keys(SCOPE_WORDS) as Scope[];
