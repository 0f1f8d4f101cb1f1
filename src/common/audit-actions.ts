/** What the audit log records, as `object.verb`. */
export const AUDIT_ACTIONS = [
  'organization.create',
  'organization.update',
  'organization.delete',
  'factory.create',
  'factory.update',
  'factory.delete',
  'gateway.create',
  'gateway.update',
  'gateway.delete',
  /** A stored password now goes to another origin or e-mail, or is less protected, without having been given again. */
  'gateway.redirect',
  'gateway.connect',
  'gateway.disconnect',
  'gateway.test',
  'gateway.test_draft',
  'key.create',
  'key.update',
  'key.rotate',
  'key.revoke',
  'command.keys_rotate',
  'audit.expire',
  'auth.refused',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export type AuditObject = 'organization' | 'factory' | 'gateway' | 'key';
