import { readError } from '../protocol/frames';
import type { InboundFrame } from '../protocol/frames';
import type { CommandOutcome, CommandType, Question } from './command';
import { isWithin, namesSerial } from './reply-contents';

/** The type of the reply to each command; null if silence is its success. From the vendor's API start-up manual, November 2024. */
const REPLY_TYPES: Readonly<Record<CommandType, string | null>> = {
  POST_LOGIN: 'RTN_LOGIN',
  POST_SUB_CHANGES: null,
  POST_UNSUB_CHANGES: null,
  GET_DYN: 'RTN_DYN',
  GET_DYN_CONNECTED: 'RTN_DYN',
  GET_DYN_READINGS: 'RTN_DYN_READINGS',
  GET_DYN_TEMPS: 'RTN_DYN_TEMPS',
  GET_DYN_BATTS: 'RTN_DYN_BATTS',
  TAKE_DYN_READING: null,
  TAKE_DYN_TEMP: null,
  TAKE_DYN_BATT: null,
};

/** The notifications by which a gateway shows that it carries a command out. */
const SIGNS: Readonly<Partial<Record<CommandType, readonly string[]>>> = {
  TAKE_DYN_READING: ['NOT_DYN_READING_STARTED', 'NOT_DYN_READING'],
  TAKE_DYN_TEMP: ['NOT_DYN_TEMP'],
  TAKE_DYN_BATT: ['NOT_DYN_BATT'],
};

/** Whether a gateway answers this command when all is well. */
export function hasReply(command: CommandType): boolean {
  return REPLY_TYPES[command] !== null;
}

/**
 * How a frame ends the command in flight; null if the frame is about something else. The protocol has no correlation id, so the frame's
 * type, what it contains and the command that an error names are all there is to go by.
 *
 * @param mayBeLate whether an earlier command of this type was given up: only then can a reply that goes beyond the question belong to
 * another one. Otherwise the gateway has ignored a part of the question.
 */
export function matchReply(asked: Question, frame: InboundFrame, mayBeLate: boolean): CommandOutcome | null {
  const { type } = frame;
  if (isReplyType(asked.type, type)) {
    const { data } = frame;
    return !mayBeLate || isAnswer(asked, data) ? { type: 'replied', data } : null;
  }
  if (isSign(asked, frame)) return { type: 'replied', data: frame.data };
  if (type !== 'RTN_ERR') return null;
  const error = readError(frame.data);
  return isAbout(asked.type, error.attempt) ? { type: 'refused', error } : null;
}

/** Whether frames of this type are replies to the command. */
export function isReplyType(command: CommandType, type: string): boolean {
  return type === REPLY_TYPES[command];
}

/** Whether a frame also concerns others when it has ended a command: a notification is news to everybody. */
export function isNews({ type }: InboundFrame): boolean {
  return type.startsWith('NOT_');
}

/** False for a late reply to an earlier question about stored readings, as far as its records show that. */
function isAnswer({ window }: Question, data: unknown): boolean {
  return window === undefined || isWithin(window, data);
}

function isSign({ type, serial }: Question, notification: InboundFrame): boolean {
  if (serial === undefined || !SIGNS[type]?.includes(notification.type)) return false;
  return namesSerial(notification.data, serial);
}

/** @param attempt the command that the error names; null if it names none */
function isAbout(command: CommandType, attempt: string | null): boolean {
  if (attempt === command || attempt === null) return true;
  // The login is the first command of a session, so an error cannot be about an earlier one.
  if (command === 'POST_LOGIN') return true;
  // A server can name a command that it misread. Where a reply is due, the reply or the deadline decides instead.
  return !hasReply(command) && !(attempt in REPLY_TYPES);
}
