const MAX_LENGTH = 200;
// Looking for addresses takes a time that grows with the square of the length.
const MAX_LENGTH_READ = 1000;
const EMAIL_ADDRESS = /[^\s@"'<>]+@[^\s@"'<>]+/g;

/**
 * Makes text that a gateway sent fit to be shown and logged: short, on one line, without addresses. A gateway may quote the
 * login it refuses, so a text that has the password in it is not shown at all.
 */
export function forPeople(text: string, password: string): string {
  if (quotes(text, password)) return '(the gateway quoted the login)';
  const line = text
    .slice(0, MAX_LENGTH_READ)
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(EMAIL_ADDRESS, '[address]')
    .trim();
  // Cut between characters, never inside one.
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH).replace(/\p{Cs}$/u, '')}…` : line;
}

/** As it is, or as it stood in the frame of the login. */
function quotes(text: string, password: string): boolean {
  return text.includes(password) || text.includes(JSON.stringify(password).slice(1, -1));
}
