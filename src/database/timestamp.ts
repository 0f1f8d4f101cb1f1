import { types } from 'pg';
import type { CustomTypesConfig } from 'pg';

type TypeId = Parameters<typeof types.getTypeParser>[0];
type Parse = (text: string) => Date | number;

const { TIMESTAMPTZ } = types.builtins;
const parseAny = types.getTypeParser(TIMESTAMPTZ, 'text') as Parse;

/** Length of `2026-02-09 10:00:03+00`, without and with the longest fraction. */
const [SHORTEST, LONGEST] = [22, 29];
const [DASH, PLUS, ZERO] = [45, 43, 48];

/**
 * Parses a timestamptz digit by digit: list rows have three each, and the driver's regular expressions take longer than the rest of the
 * row. Handles the format of a session with DateStyle ISO and TimeZone UTC, for the years 100 to 9999. Any other format is left to the
 * driver.
 */
export function parseTimestamp(text: string): Date | number {
  if (!isUsual(text)) return parseAny(text);
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  if (year < 100) return parseAny(text); // Date.UTC maps these years to the 20th century.
  const [month, day] = [twoDigits(text, 5) - 1, twoDigits(text, 8)];
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  return new Date(Date.UTC(year, month, day, hour, minute, second, milliseconds(text)));
}

function isUsual(text: string): boolean {
  const { length } = text;
  if (length < SHORTEST || length > LONGEST || text.charCodeAt(4) !== DASH) return false;
  return (
    text.charCodeAt(length - 3) === PLUS && text.charCodeAt(length - 2) === ZERO && text.charCodeAt(length - 1) === ZERO
  );
}

/** Reads the first three digits of a fraction, which has none to six: `.5+00`, `.123456+00`. */
function milliseconds(text: string): number {
  const digits = text.length - SHORTEST - 1;
  const tenths = digits > 0 ? digit(text, 20) : 0;
  const hundredths = digits > 1 ? digit(text, 21) : 0;
  const thousandths = digits > 2 ? digit(text, 22) : 0;
  return tenths * 100 + hundredths * 10 + thousandths;
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  return text.charCodeAt(at) - ZERO;
}

/** The driver's type parsers, with ours for timestamptz. */
export const typeParsers = {
  getTypeParser: (type: TypeId, format?: string): unknown =>
    type === TIMESTAMPTZ && format !== 'binary' ? parseTimestamp : types.getTypeParser(type, format as 'text'),
} as CustomTypesConfig;
