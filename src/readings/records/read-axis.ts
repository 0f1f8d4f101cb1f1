import { toNumber } from './values';

/** What a record says of one axis. */
export type AxisReading =
  | { readonly type: 'samples'; readonly samples: Float64Array }
  /** Nothing, or an empty list. */
  | { readonly type: 'none' }
  /** A single number: presumably a statistic, and no waveform of one point. */
  | { readonly type: 'scalar' }
  /** @param problem to stand after the name of the axis */
  | { readonly type: 'unreadable'; readonly problem: string };

const NONE: AxisReading = { type: 'none' };
const SCALAR: AxisReading = { type: 'scalar' };

/** Every character of a list of decimal numbers. Leaves out those of `NaN`, `Infinity` and `0x1f`. */
const DECIMALS_ONLY = /^[\d+\-.eE,;\s]*$/;

/**
 * Reads one axis: an array of numbers or of numeric texts, or a text with such an array in JSON, or with numbers that are separated by
 * commas, semicolons or white space. One sample that is no finite number makes the axis unreadable: without it, the others would move.
 */
export function readAxis(value: unknown): AxisReading {
  if (value === undefined || value === null) return NONE;
  if (typeof value === 'string') return readText(value.trim());
  if (Array.isArray(value)) return readArray(value);
  return typeof value === 'number' && Number.isFinite(value) ? SCALAR : unreadable('is neither a list nor a text');
}

function readArray(values: readonly unknown[]): AxisReading {
  if (values.length === 0) return NONE;
  const samples = new Float64Array(values.length);
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    const sample = typeof value === 'number' && Number.isFinite(value) ? value : toNumber(value);
    if (sample === null) return unreadable(`sample ${at} is not a finite number`);
    samples[at] = sample;
  }
  return { type: 'samples', samples };
}

function readText(text: string): AxisReading {
  if (text === '') return NONE;
  if (toNumber(text) !== null) return SCALAR;
  // JSON first: `JSON.parse` is strict, and several times faster than splitting.
  const list = text.startsWith('[') ? parseArray(text) : null;
  return list ? readArray(list) : readSeparated(withoutBrackets(text));
}

function readSeparated(text: string): AxisReading {
  const hasCommas = text.includes(',');
  const hasSemicolons = text.includes(';');
  // `0,5;0,7` may be two numbers with decimal commas: a guess would store the wrong samples.
  if (hasCommas && hasSemicolons) return unreadable('has both commas and semicolons');
  const separated = hasCommas ? text : hasSemicolons ? text.replaceAll(';', ',') : text.replace(/\s+/g, ',');
  const list = parseArray(`[${separated}]`);
  if (list) return readArray(list);

  if (!DECIMALS_ONLY.test(text)) return unreadable('is a text that is no list of numbers');
  const items = separated.split(',');
  if (items.at(-1)?.trim() === '') items.pop(); // A separator at the end.
  return readArray(items);
}

function parseArray(json: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function withoutBrackets(text: string): string {
  const from = text.startsWith('[') ? 1 : 0;
  return text.slice(from, text.endsWith(']') ? -1 : undefined).trim();
}

function unreadable(problem: string): AxisReading {
  return { type: 'unreadable', problem };
}
