import { encode } from '../protocol/codec';
import type { GatewayError, HistoryType, HistoryWindow, OutboundFrame, TakeType } from '../protocol/frames';
import { history, inventory, take } from '../protocol/frames';

export type CommandType = OutboundFrame['Type'];

/**
 * Commands whose replies a gateway may need long to collect. A gateway with a single thread answers nothing else meanwhile, not even a
 * ping.
 */
const LONG_COMMANDS: readonly CommandType[] = ['GET_DYN_READINGS'];

/** Whether a gateway may be silent while it carries this command out. */
export function keepsBusy(type: CommandType): boolean {
  return LONG_COMMANDS.includes(type);
}

/** What is sent first; a lower number goes first. Commands of one priority are sent in the order of their arrival. */
export const PRIORITY = { session: 0, order: 1, scheduled: 2, upkeep: 3, catchUp: 4, backfill: 5 } as const;

/** What a reply must be about, as far as the protocol lets us tell. */
export interface Question {
  readonly type: CommandType;
  /** The sensor that a `TAKE_*` names. */
  readonly serial?: number;
  /** What a command for stored readings asks for. */
  readonly window?: HistoryWindow;
}

/** A command to a gateway. */
export interface Command extends Question {
  /** The encoded frame. */
  readonly text: string;
  readonly priority: number;
  /** How long to wait for the answer once it is sent, in milliseconds. */
  readonly deadlineMs: number;
  /** The largest answer that is kept whole, in bytes. Absent: what is kept of every message. */
  readonly answerBytes?: number;
  readonly mayBeSent?: MayBeSent;
}

/**
 * Asked when it is the command's turn. The other commands wait for the answer, so it must come soon. False, or an error, withholds the
 * command: it is not sent.
 */
export type MayBeSent = () => Promise<boolean>;

/** A command as the parts of the service that need something of a gateway state it. */
export type GatewayCommand =
  /** The list of all sensors. */
  | { readonly type: 'GET_DYN' }
  | ({ readonly type: HistoryType } & HistoryWindow)
  | { readonly type: TakeType; readonly serial: number };

export interface CommandOptions {
  readonly priority: number;
  readonly deadlineMs: number;
  /** The largest answer that is kept whole, in bytes. */
  readonly answerBytes?: number;
  readonly mayBeSent?: MayBeSent;
}

/** Encodes a command. */
export function toCommand(command: GatewayCommand, options: CommandOptions): Command {
  if (command.type === 'GET_DYN') return { ...options, type: command.type, text: encode(inventory) };
  if ('serial' in command) {
    const { type, serial } = command;
    return { ...options, type, serial, text: encode(take(type, serial)) };
  }
  const { type, ...window } = command;
  return { ...options, type, window, text: encode(history(type, window)) };
}

/** How a command ended. */
export type CommandOutcome =
  | { readonly type: 'replied'; readonly data: unknown }
  /** The gateway answered with an error. */
  | { readonly type: 'refused'; readonly error: GatewayError }
  /** The deadline has passed: success for a command that has no reply. */
  | { readonly type: 'unanswered' }
  /** It was not sent, or its answer can no longer arrive. It is never repeated. */
  | { readonly type: 'dropped'; readonly code: 'queue_full' | 'session_lost' | 'withheld' };
