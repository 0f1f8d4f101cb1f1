const MAX_LENGTH = 200;
// Looking for addresses takes a time that grows with the square of the length.
const MAX_LENGTH_READ = 1000;
// Shorter beginnings are in many texts by chance.
const MIN_HALF = 8;
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

/** In any spelling that a gateway's server, which is written in Python, may give it; and cut off, as long as half of it is there. */
function quotes(text: string, password: string): boolean {
  const json = JSON.stringify(password).slice(1, -1);
  const spellings = [
    password,
    json,
    toAscii(json),
    encodeURIComponent(password.toWellFormed()),
    toPythonString(password),
  ];
  const half = password.slice(0, Math.ceil(password.length / 2));
  return spellings.some((spelling) => text.includes(spelling)) || (half.length >= MIN_HALF && text.includes(half));
}

/** As Python writes JSON. */
function toAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As Python shows a text, between single quotes. */
function toPythonString(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
