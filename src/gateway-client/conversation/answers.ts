import type { CommandOutcome } from './command';
import type { Reason } from '../failure/failure';
import { LOGIN_UNANSWERED } from '../failure/reasons';
import { readLogin } from '../protocol/frames';

const MAX_KEYS = 10;
const MAX_KEY_LENGTH = 40;

/** What the end of a login command says about the login. */
export type LoginAnswer =
  | { readonly type: 'accepted' }
  /** The credentials were refused. */
  | { readonly type: 'refused'; readonly reason: Reason }
  /** The login failed, but not because of the credentials. */
  | { readonly type: 'failed'; readonly reason: Reason };

/**
 * @param forPeople makes text of the gateway safe to show
 * @returns null if the session ended first
 */
export function readLoginAnswer(outcome: CommandOutcome, forPeople: (text: string) => string): LoginAnswer | null {
  switch (outcome.type) {
    case 'replied':
      return readReply(outcome.data, forPeople);
    case 'refused': {
      // Only an error that names the login is about the credentials; others are about the server.
      const { attempt, text } = outcome.error;
      const reason = loginRefused(`The gateway refused the login: ${forPeople(text)}`);
      return { type: attempt === 'POST_LOGIN' ? 'refused' : 'failed', reason };
    }
    case 'unanswered':
      return { type: 'failed', reason: LOGIN_UNANSWERED };
    case 'dropped':
      return null;
  }
}

/** Why the gateway refused the subscription; null if it did not: no frame confirms a subscription, and silence is success. */
export function readSubscribeRefusal(outcome: CommandOutcome, forPeople: (text: string) => string): Reason | null {
  if (outcome.type !== 'refused') return null;
  const message = `The gateway refused the subscription: ${forPeople(outcome.error.text)}`;
  return { step: 'subscribe', code: 'subscribe_refused', message };
}

function readReply(data: unknown, forPeople: (text: string) => string): LoginAnswer {
  const verdict = readLogin(data);
  if (verdict === 'accepted') return { type: 'accepted' };
  const message = verdict === 'refused' ? 'The gateway refused the login' : forPeople(unknownAnswer(data));
  return { type: 'refused', reason: loginRefused(message) };
}

/** Lists the keys for troubleshooting, but no values, which may be personal data. */
function unknownAnswer(data: unknown): string {
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data);
  const keys = isObject ? Object.keys(data).slice(0, MAX_KEYS) : [];
  const found =
    keys.length > 0 ? `Its keys: ${keys.map((key) => key.slice(0, MAX_KEY_LENGTH)).join(', ')}` : 'It has no keys';
  return `The gateway answered the login without a recognised Success, which counts as a refusal. ${found}`;
}

function loginRefused(message: string): Reason {
  return { step: 'login', code: 'login_refused', message };
}
