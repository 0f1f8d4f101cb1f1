import type { Reason } from '../failure';
import { readError, readLogin } from './frames';
import type { InboundFrame } from './frames';

/**
 * How long to wait for an error to a command that has no other answer, in milliseconds. The value comes from a public client that was
 * used with hardware.
 */
export const NO_REPLY_WINDOW_MS = 1500;

const MAX_KEYS = 10;
const MAX_KEY_LENGTH = 40;

/** What a frame means for the pending command; null if the frame is about something else. */
export type Answer =
  | { type: 'accepted' }
  /** The credentials were refused. */
  | { type: 'refused'; reason: Reason }
  /** The command failed, but not because of the credentials. */
  | { type: 'failed'; reason: Reason }
  | null;

/** @param forPeople makes text of the gateway safe to show */
export function readLoginAnswer({ type, data }: InboundFrame, forPeople: (text: string) => string): Answer {
  if (type === 'RTN_LOGIN') {
    const verdict = readLogin(data);
    if (verdict === 'accepted') return { type: 'accepted' };
    const message = verdict === 'refused' ? 'The gateway refused the login' : forPeople(unknownAnswer(data));
    return { type: 'refused', reason: loginRefused(message) };
  }
  if (type !== 'RTN_ERR') return null;
  // Any error answers the pending login, but only one that names the login is about the credentials; others are about the server.
  const { attempt, text } = readError(data);
  const reason = loginRefused(`The gateway refused the login: ${forPeople(text)}`);
  return { type: attempt === 'POST_LOGIN' ? 'refused' : 'failed', reason };
}

/** Never returns `accepted`: no frame confirms a subscription, and silence is success. */
export function readSubscribeAnswer({ type, data }: InboundFrame, forPeople: (text: string) => string): Answer {
  if (type !== 'RTN_ERR') return null;
  const { attempt, text } = readError(data);
  // A late error about the login, which was accepted, or about a probe.
  if (attempt === 'POST_LOGIN' || attempt === 'GET_DYN_CONNECTED') return null;
  const message = `The gateway refused the subscription: ${forPeople(text)}`;
  return { type: 'failed', reason: { step: 'subscribe', code: 'subscribe_refused', message } };
}

/** Lists the keys for troubleshooting, but no values, which may be personal data. */
function unknownAnswer(data: unknown): string {
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data);
  const keys = isObject ? Object.keys(data).slice(0, MAX_KEYS) : [];
  const found =
    keys.length > 0 ? `Its keys: ${keys.map((key) => key.slice(0, MAX_KEY_LENGTH)).join(', ')}` : 'It has no keys';
  return `The gateway answered the login without a Success that is known, which counts as a refusal. ${found}`;
}

function loginRefused(message: string): Reason {
  return { step: 'login', code: 'login_refused', message };
}
