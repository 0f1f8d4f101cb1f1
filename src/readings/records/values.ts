const DIGITS = /^\d+$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The longest text that is read as a number. */
const MAX_LENGTH = 64;

/** A finite number, or a text that holds one; else null. */
export function toNumber(value: unknown): number | null {
  if (typeof value === 'string') return toDecimal(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A whole number from `least`, or its digits as text; else null. */
export function toInteger(value: unknown, least: number): number | null {
  const number = typeof value === 'string' ? toDigits(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= least ? number : null;
}

function toDecimal(text: string): number | null {
  if (text.length > MAX_LENGTH) return null;
  const trimmed = text.trim();
  const number = DECIMAL.test(trimmed) ? Number(trimmed) : NaN;
  return Number.isFinite(number) ? number : null;
}

function toDigits(text: string): number {
  if (text.length > MAX_LENGTH) return NaN;
  const trimmed = text.trim();
  return DIGITS.test(trimmed) ? Number(trimmed) : NaN;
}
