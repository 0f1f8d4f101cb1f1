const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const SPACE = 0x20;
const TYPE_KEY = [...Buffer.from('"Type"')];

/** A longer `Type` is ignored. */
const MAX_TYPE_BYTES = 100;

/** Anything but printable ASCII, and escapes. Known types have neither, and are then read without JSON, which takes longer. */
const NOT_PLAIN = /[^ -~]|\\/;

/**
 * Finds the `Type` of a JSON object without parsing it: a single pass up to the type, without allocating objects or recursing. For
 * frames that are too large to parse just for this. Does not check that the rest is JSON.
 * @returns null if these bytes contain no type
 */
export function findType(bytes: Buffer): string | null {
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPENING_BRACE) return null;
  do {
    const key = skipSpace(bytes, at + 1);
    if (bytes[key] !== QUOTE) return null;
    const keyEnd = endOfString(bytes, key);
    const colon = skipSpace(bytes, keyEnd);
    if (bytes[colon] !== COLON) return null;
    const value = skipSpace(bytes, colon + 1);
    if (isType(bytes, key)) return textAt(bytes, value);
    at = endOfValue(bytes, value);
  } while (bytes[at] === COMMA);
  return null;
}

function isType(bytes: Buffer, from: number): boolean {
  return TYPE_KEY.every((byte, index) => bytes[from + index] === byte);
}

function textAt(bytes: Buffer, from: number): string | null {
  if (bytes[from] !== QUOTE) return null;
  const to = endOfString(bytes, from);
  if (to > bytes.length || to - from > MAX_TYPE_BYTES) return null;
  const text = bytes.toString('latin1', from + 1, to - 1);
  if (!NOT_PLAIN.test(text)) return text;
  try {
    return JSON.parse(bytes.toString('utf8', from, to)) as string;
  } catch {
    return null; // A control character or an invalid escape.
  }
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

/** Whether a byte is a space or a control character. Beyond the end there is none. */
export function isSpace(byte = Infinity): boolean {
  return byte <= SPACE;
}

/** @returns the index after the closing quote; beyond the end if there is none */
function endOfString(bytes: Buffer, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** @returns the index of the comma, or of whatever else ends the value */
function endOfValue(bytes: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
      continue;
    }
    if (byte === OPENING_BRACE || byte === OPENING_BRACKET) depth += 1;
    else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) depth -= 1;
    else if (byte === COMMA && depth === 0) return at;
    if (depth < 0) return at;
    at += 1;
  }
  return at;
}
