import type { Reason } from './failure';

export const CREDENTIALS_UNREADABLE: Reason = {
  step: 'credentials',
  code: 'credentials_unreadable',
  message: 'The stored password cannot be decrypted with the configured keys; send it again',
};

export const LOGIN_UNANSWERED: Reason = {
  step: 'login',
  code: 'login_timeout',
  message: 'No answer to the login in time',
};

export const COMMANDS_UNANSWERED: Reason = {
  step: 'live',
  code: 'command_timeout',
  message: 'No answer to two commands in a row, although the gateway had answered an earlier one',
};

export const ACCOUNT_SPENT: Reason = {
  step: 'login',
  code: 'login_refused',
  message: 'Not sent: the budget of this account is spent. Its logins were refused ten times within an hour',
};

/** Not a failure: the first state change of a session that another process has had before says why it connects. */
export const MOVED: Reason = {
  step: 'live',
  code: 'moved',
  message: 'Another replica has taken over the session',
};

/** The socket is open, but the gateway no longer considers the session logged in. @param said the gateway's text, safe to show */
export function loggedOut(said: string): Reason {
  const message = `The gateway has ended the login of this session${said && `: ${said}`}`;
  return { step: 'live', code: 'logged_out', message };
}
