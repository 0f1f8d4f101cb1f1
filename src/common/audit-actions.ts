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
  'sensor.update',
  'severity_limit.create',
  'severity_limit.update',
  'severity_limit.delete',
  /** The waveform of a reading of the sensor is kept for ever, or no longer. */
  'reading.pin',
  'backfill.create',
  'backfill.cancel',
  'acquisition.create',
  'acquisition.cancel',
  'schedule.create',
  'schedule.update',
  'schedule.delete',
  'key.create',
  'key.update',
  'key.rotate',
  'key.revoke',
  /** Somebody signed in with the key, or out. */
  'session.start',
  'session.end',
  'command.keys_rotate',
  'audit.expire',
  'auth.refused',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What an act is about. */
export const AUDIT_OBJECTS = [
  'organization',
  'factory',
  'gateway',
  'sensor',
  'key',
  'severity_limit',
  'schedule',
] as const;

export type AuditObject = (typeof AUDIT_OBJECTS)[number];

/** The fields that changed, each as [old, new], without secrets. For an act that is no change: what it was done with. */
export type AuditChanges = Readonly<Record<string, readonly [unknown, unknown]>>;
