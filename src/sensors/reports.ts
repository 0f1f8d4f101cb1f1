import type { ReportedSensor } from './reported-sensor';

const MAX_TEXT = 100;
const MAX_NAME = 255;
const MAX_SAMPLES = 2_147_483_647;
/** Fields that nobody knows are kept up to this size, as JSON. */
const MAX_EXTRA_LENGTH = 4096;
/** A list in a longer one is not looked for. */
const MAX_SENSORS = 20_000;

/** The fields that have a place of their own. */
const KNOWN = new Set([
  ...['Serial', 'Connected', 'AccessPoint', 'PartNum', 'HwVer', 'FmVer', 'ReadRate', 'ReadPeriod', 'Samples'],
  ...['GMode', 'FreqMode', 'Coupling', 'Fs', 'Fmax', 'Nickname'],
  'Time', // Of a notification: when it was sent.
]);

/** A key that names a sensor, in JSON, and what follows it: a number, perhaps as a text. */
const SERIAL_KEY = '"Serial"';
const SERIAL_VALUE = /^\s*:\s*"?\s*(\d+)/;
const SERIAL_VALUE_LENGTH = 40;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the list of an `RTN_DYN`: an array, an object by serial, or an object that holds one array. An entry without a usable serial is
 * left out, and spoils none of the others. Of two entries for one sensor, the later counts.
 * @returns null if the data is no list at all
 */
export function readInventory(data: unknown): ReportedSensor[] | null {
  const entries = entriesOf(data);
  if (entries === null) return null;
  const sensors = new Map<number, ReportedSensor>();
  for (const [key, value] of entries.slice(0, MAX_SENSORS)) {
    const sensor = isFields(value) ? readSensor(value, key) : null;
    if (sensor) sensors.set(sensor.serial, sensor);
  }
  return [...sensors.values()];
}

/** Reads the data of a `NOT_DYN_CONN`: one sensor, or several as in a list. */
export function readSensorNotification(data: unknown): ReportedSensor[] {
  if (isFields(data) && 'Serial' in data) return [readSensor(data, null)].filter((sensor) => sensor !== null);
  return readInventory(data) ?? [];
}

/** What a gateway says about an access point. */
export interface ReportedAccessPoint {
  readonly serial: number;
  readonly connected: boolean | null;
}

/** Reads the data of a `NOT_AP_CONN`; null if it has no usable serial. */
export function readAccessPoint(data: unknown): ReportedAccessPoint | null {
  if (!isFields(data)) return null;
  const serial = toSerial(data['Serial']) ?? toSerial(data['APSerial']);
  return serial === null ? null : { serial, connected: toBoolean(data['Connected'] ?? data['Status']) };
}

/** The serials that a notification of readings names: of one reading, or of several as in a list. */
export function readSerials(data: unknown): number[] {
  if (isFields(data) && 'Serial' in data) return [toSerial(data['Serial'])].filter((serial) => serial !== null);
  const values = (entriesOf(data) ?? []).map(([, value]) => (isFields(value) ? toSerial(value['Serial']) : null));
  return values.filter((serial) => serial !== null);
}

/** The same in the text of a notification that is too large to parse just for this: the number after each `"Serial"`. */
export function findSerials(json: Buffer): number[] {
  const found = new Set<number>();
  for (let at = json.indexOf(SERIAL_KEY); at >= 0; at = json.indexOf(SERIAL_KEY, at)) {
    at += SERIAL_KEY.length;
    const digits = SERIAL_VALUE.exec(json.toString('latin1', at, at + SERIAL_VALUE_LENGTH))?.[1];
    const serial = toSerial(Number(digits));
    if (serial !== null) found.add(serial);
  }
  return [...found];
}

/** The entries of a list, each with the key that it has in an object. */
function entriesOf(data: unknown): [key: string | null, value: unknown][] | null {
  if (Array.isArray(data)) return data.map((value: unknown) => [null, value]);
  if (!isFields(data)) return null;
  const values = Object.values(data);
  const [only] = values.filter((value) => Array.isArray(value));
  if (only && !values.some(isFields)) return entriesOf(only);
  return Object.entries(data);
}

function readSensor(fields: Fields, key: string | null): ReportedSensor | null {
  const serial = toSerial(fields['Serial']) ?? toSerial(key);
  if (serial === null) return null;
  return {
    serial,
    connected: toBoolean(fields['Connected']),
    accessPointSerial: toSerial(fields['AccessPoint']),
    partNumber: toText(fields['PartNum']),
    hwVersion: toText(fields['HwVer']),
    fwVersion: toText(fields['FmVer']),
    readRate: toNumber(fields['ReadRate']),
    readPeriod: toNumber(fields['ReadPeriod']),
    samples: toCount(fields['Samples']),
    gMode: toText(fields['GMode']),
    freqMode: toText(fields['FreqMode']),
    coupling: toNumber(fields['Coupling']),
    fsHz: toNumber(fields['Fs']),
    fmaxHz: toNumber(fields['Fmax']),
    nickname: toText(fields['Nickname'], MAX_NAME),
    extra: extraOf(fields),
  };
}

function extraOf(fields: Fields): Fields | null {
  const unknown = Object.entries(fields).filter(([name]) => !KNOWN.has(name));
  if (unknown.length === 0) return null;
  const extra = Object.fromEntries(unknown);
  const text = toJson(extra);
  // PostgreSQL cannot store NUL, nor a lone surrogate.
  if (text === null || text.length > MAX_EXTRA_LENGTH || /\\u0000|\\ud[89a-f]/i.test(text)) return null;
  return extra;
}

/** Null if the value is nested too deeply to be written: `JSON.parse` is not recursive, `JSON.stringify` is. */
function toJson(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

/** A whole number above 0, also as text. Numbers beyond 2^53 have lost digits already. */
function toSerial(value: unknown): number | null {
  const serial = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
  return typeof serial === 'number' && Number.isSafeInteger(serial) && serial > 0 ? serial : null;
}

/** Firmware versions write booleans in different ways. */
function toBoolean(value: unknown): boolean | null {
  const plain = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (plain === true || plain === 1 || plain === '1' || plain === 'true') return true;
  if (plain === false || plain === 0 || plain === '0' || plain === 'false') return false;
  return null;
}

function toNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function toCount(value: unknown): number | null {
  const number = toNumber(value);
  return number !== null && Number.isInteger(number) && number >= 0 && number <= MAX_SAMPLES ? number : null;
}

/** Text, also from a number; null if it is empty. */
function toText(value: unknown, max = MAX_TEXT): string | null {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return null;
  const text = value.replaceAll('\0', '').toWellFormed().trim().slice(0, max).toWellFormed().trim();
  return text === '' ? null : text;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
