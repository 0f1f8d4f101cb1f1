import type { InboundFrame, OutboundFrame } from './frames';
import { withoutBareTokens } from './python-json';
import { findType, isSpace } from './type-finder';

/** Frames up to this size are parsed if the scan finds no type, for example because the key contains an escape. */
const SMALL_BYTES = 1024;

/** The largest frame whose data is parsed while no answer is expected. */
export const PARSED_BYTES = 8192;

/**
 * The only frames whose data the service uses. `required`: without its data, the frame says nothing, so one that cannot be parsed is
 * dropped. `optional`: its arrival says something in itself. `readings`: required, and parsed whatever its size, if it was kept whole.
 * `waveforms`: readings that are parsed when they are read, if they are large.
 */
type DataUse = 'required' | 'optional' | 'readings' | 'waveforms';

const READ_TYPES: ReadonlyMap<string, DataUse> = new Map<string, DataUse>([
  ['RTN_LOGIN', 'required'],
  ['RTN_ERR', 'required'],
  ['RTN_DYN', 'optional'],
  ['NOT_DYN_CONN', 'optional'],
  ['NOT_AP_CONN', 'optional'],
  ['NOT_DYN_READING_STARTED', 'optional'],
  ['NOT_DYN_READING', 'waveforms'],
  ['NOT_DYN_TEMP', 'readings'],
  ['NOT_DYN_BATT', 'readings'],
  ['RTN_DYN_READINGS', 'readings'],
  ['RTN_DYN_TEMPS', 'readings'],
  ['RTN_DYN_BATTS', 'readings'],
]);

/** A record of a temperature without a time takes as many bytes as this. */
const BYTES_PER_CONTAINER = 32;
const FREE_CONTAINERS = 64;

const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

export function encode(frame: OutboundFrame): string {
  return JSON.stringify(frame);
}

/**
 * Decodes a frame. Returns null for anything else, which the session ignores. Only frames whose data is used are parsed. Of the others
 * only the type is read, and the rest is not checked. The run time is bounded by the size of what is parsed.
 * @param bytes the message, or the beginning of a large one
 * @param maxParsedBytes frames larger than this are returned without data, except for those with readings
 * @param isWhole false for the beginning of a large message
 */
export function decode(bytes: Buffer, maxParsedBytes = PARSED_BYTES, isWhole = true): InboundFrame | null {
  const json = stripPadding(bytes);
  const name = findType(json);
  if (name === null) return json.length <= SMALL_BYTES ? parseFrame(json) : null;
  const { frame, data } = typeOf(name);
  if (data === undefined) return frame;
  if (data === 'readings' || data === 'waveforms') {
    if (!isWhole) return { ...frame, isCut: true };
    if (hasTooManyContainers(json)) return null;
    return data === 'waveforms' && json.length > PARSED_BYTES ? new UnparsedFrame(frame.type, json) : parseFrame(json);
  }
  if (json.length > maxParsedBytes) return frame;
  return parseFrame(json) ?? (data === 'optional' ? frame : null);
}

/** What is known of a type by its spelling on the wire. */
interface WireType {
  /** Every frame of this type whose data is not parsed. */
  readonly frame: InboundFrame;
  /** Undefined if its data is not used. */
  readonly data: DataUse | undefined;
}

/** Bounded, because gateways choose the types. */
const MAX_TYPES = 256;

/** A fleet sends a million frames a second of a few types: normalizing each would take longer than the rest of `decode`. */
const types = new Map<string, WireType>();

function typeOf(name: string): WireType {
  const known = types.get(name);
  if (known) return known;
  const type = toType(name);
  const found = { frame: { type, data: undefined }, data: READ_TYPES.get(type) };
  if (types.size < MAX_TYPES) types.set(name, found);
  return found;
}

/** A frame that is parsed when its data is first read. Whoever only hands the message to another thread never reads it. */
class UnparsedFrame implements InboundFrame {
  private parsed: Pick<InboundFrame, 'data'> | undefined;

  constructor(
    readonly type: string,
    readonly json: Buffer,
  ) {}

  /** Undefined also if the message is not JSON. */
  get data(): unknown {
    this.parsed ??= parseFrame(this.json) ?? { data: undefined };
    return this.parsed.data;
  }
}

/**
 * Frames with readings are large. Numbers are parsed fast; many small objects take a hundred times as long, so a frame with more of them than
 * records need is not parsed.
 */
function hasTooManyContainers(json: Buffer): boolean {
  const most = FREE_CONTAINERS + json.length / BYTES_PER_CONTAINER;
  const count = countUpTo(most, json, OPENING_BRACE);
  return count + countUpTo(most - count, json, OPENING_BRACKET) > most;
}

function countUpTo(most: number, json: Buffer, byte: number): number {
  let count = 0;
  for (let at = json.indexOf(byte); at >= 0 && count <= most; at = json.indexOf(byte, at + 1)) count += 1;
  return count;
}

function parseFrame(json: Buffer): InboundFrame | null {
  const message = parse(json.toString());
  if (typeof message !== 'object' || message === null || !('Type' in message)) return null;
  if (typeof message.Type !== 'string') return null;
  return { type: toType(message.Type), data: 'Data' in message ? message.Data : undefined };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parsePythonJson(text);
  }
}

function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(withoutBareTokens(text));
  } catch {
    return null;
  }
}

function toType(name: string): string {
  return name.trim().toUpperCase();
}

/** Some firmware adds a byte order mark before the JSON, or the NUL that terminates a C string after it. */
function stripPadding(bytes: Buffer): Buffer {
  let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let to = bytes.length;
  while (isSpace(bytes[to - 1])) to -= 1;
  while (isSpace(bytes[from])) from += 1;
  return from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
}
