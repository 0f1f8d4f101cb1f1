import { fold, hasEncoded, readings } from './spellings';

const MAX_LENGTH = 200;
// The time to search for addresses grows with the square of the length.
const MAX_LENGTH_READ = 1000;
// Text beyond this is ignored. No gateway sends that much.
const MAX_LENGTH_SEARCHED = 16_384;
// Shorter prefixes occur in ordinary text by chance.
const MIN_HALF = 8;
const EMAIL_ADDRESS = /[^\s@"'<>]+@[^\s@"'<>]+/g;

/**
 * Makes text of a gateway safe to show and log: short, on one line, without e-mail addresses. A gateway may quote the login it
 * refuses. Text that contains the password in any common encoding is therefore not shown at all, nor is text that contains
 * the e-mail address in any but its plain form.
 */
export function forPeople(text: string, password: string, email = ''): string {
  const searched = text.slice(0, MAX_LENGTH_SEARCHED);
  if (quotes(searched, recognizable(password))) return '(the gateway quoted the login)';
  const line = searched
    .slice(0, MAX_LENGTH_READ)
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(EMAIL_ADDRESS, '[address]')
    .trim();
  if (email !== '' && quotes(line, email)) return '(the gateway quoted the login)';
  // Cut between characters, never inside one.
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH).replace(/\p{Cs}$/u, '')}…` : line;
}

/** The password, or the first half of a long one: the gateway's text may be truncated in the middle of it. */
function recognizable(password: string): string {
  const half = password.slice(0, Math.ceil(password.length / 2));
  return half.length >= MIN_HALF ? half : password;
}

function quotes(text: string, secret: string): boolean {
  const folded = fold(secret);
  return readings(text).some((reading) => reading.includes(folded) || hasEncoded(reading, secret));
}
