import { readError } from '../protocol/frames';
import type { InboundFrame } from '../protocol/frames';
import type { CommandOutcome, CommandType } from './command';

/** The type of the reply to each command; null if silence is its success. From the vendor's API start-up manual, November 2024. */
const REPLY_TYPES: Readonly<Record<CommandType, string | null>> = {
  POST_LOGIN: 'RTN_LOGIN',
  POST_SUB_CHANGES: null,
  POST_UNSUB_CHANGES: null,
  GET_DYN_CONNECTED: 'RTN_DYN',
};

/** Whether a gateway answers this command when all is well. */
export function hasReply(command: CommandType): boolean {
  return REPLY_TYPES[command] !== null;
}

/**
 * How a frame ends the command in flight; null if the frame is about something else. The protocol has no correlation id, so the frame's
 * type and the command that an error names are all there is to go by.
 */
export function matchReply(command: CommandType, { type, data }: InboundFrame): CommandOutcome | null {
  if (type === REPLY_TYPES[command]) return { type: 'replied', data };
  if (type !== 'RTN_ERR') return null;
  const error = readError(data);
  return isAbout(command, error.attempt) ? { type: 'refused', error } : null;
}

/** @param attempt the command that the error names; null if it names none */
function isAbout(command: CommandType, attempt: string | null): boolean {
  if (attempt === command || attempt === null) return true;
  // The login is the first command of a session, so an error cannot be about an earlier one.
  if (command === 'POST_LOGIN') return true;
  // A server can name a command that it misread. Where a reply is due, the reply or the deadline decides instead.
  return !hasReply(command) && !(attempt in REPLY_TYPES);
}
