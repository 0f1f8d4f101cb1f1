import type { GatewayError, OutboundFrame } from '../protocol/frames';

export type CommandType = OutboundFrame['Type'];

/** What is sent first; a lower number goes first. Commands of one priority are sent in the order of their arrival. */
export const PRIORITY = { session: 0, upkeep: 3 } as const;

/** A command to a gateway. */
export interface Command {
  readonly type: CommandType;
  /** The encoded frame. */
  readonly text: string;
  readonly priority: number;
  /** How long to wait for the answer once it is sent, in milliseconds. */
  readonly deadlineMs: number;
}

/** How a command ended. */
export type CommandOutcome =
  | { readonly type: 'replied'; readonly data: unknown }
  /** The gateway answered with an error. */
  | { readonly type: 'refused'; readonly error: GatewayError }
  /** The deadline has passed: success for a command that has no reply. */
  | { readonly type: 'unanswered' }
  /** It was not sent, or its answer can no longer arrive. It is never repeated. */
  | { readonly type: 'dropped'; readonly code: 'queue_full' | 'session_lost' };
