/** How far an attempt got before it failed, in the order of the attempt. */
export const STEPS = ['credentials', 'resolve', 'tcp', 'tls', 'upgrade', 'login', 'subscribe', 'live'] as const;

export type Step = (typeof STEPS)[number];

/** What went wrong: stable codes that clients can branch on. */
export const REASON_CODES = [
  'credentials_unreadable',
  'dns_failed',
  'address_refused',
  'connect_refused',
  'connect_timeout',
  'unreachable',
  'tls_failed',
  'upgrade_rejected',
  'login_timeout',
  'login_refused',
  'subscribe_refused',
  'closed_by_gateway',
  'heartbeat_timeout',
  'command_timeout',
  'protocol_error',
  'message_too_big',
  'connection_lost',
  'logged_out',
  'out_of_resources',
  'moved',
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

/** Why a gateway is not connected. The message is for people, and never contains credentials. */
export interface Reason {
  readonly code: ReasonCode;
  readonly step: Step;
  readonly message: string;
}
