const MAX_LENGTH = 200;
const EMAIL_ADDRESS = /[^\s@"'<>]+@[^\s@"'<>]+/g;

/**
 * Makes text that a gateway sent fit to be shown and logged: short, on one line, without addresses. A gateway may quote the
 * login it refuses, so a text that has the password in it is not shown at all.
 */
export function forPeople(text: string, password: string): string {
  if (text.includes(password)) return '(the gateway quoted the login)';
  const line = text
    .replace(/\p{C}+/gu, ' ')
    .replace(EMAIL_ADDRESS, '[address]')
    .trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line;
}
