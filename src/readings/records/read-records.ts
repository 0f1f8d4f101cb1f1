import type { InboundFrame } from '../../gateway-client/protocol/frames';
import { AXES } from '../reading';
import type { Axis, ReadingKind, ReceivedRecord, ReportedStatistics, UnreadableRecord } from '../reading';
import { toExtra, toText } from './plain-json';
import { readAxis } from './read-axis';
import { isObject, unwrapRecords } from './unwrap';
import type { Fields, WrappedRecord } from './unwrap';
import { toInteger, toNumber } from './values';

/** What a frame with readings holds. */
export interface FrameRecords {
  /** In the order of the frame. */
  readonly records: readonly ReceivedRecord[];
  readonly unreadable: readonly UnreadableRecord[];
}

const KINDS: ReadonlyMap<string, ReadingKind> = new Map([
  ['NOT_DYN_READING', 'vibration'],
  ['RTN_DYN_READINGS', 'vibration'],
  ['NOT_DYN_TEMP', 'temperature'],
  ['RTN_DYN_TEMPS', 'temperature'],
  ['NOT_DYN_BATT', 'battery'],
  ['RTN_DYN_BATTS', 'battery'],
]);

/** Longer than every known format of a time. */
const MAX_TIME_LENGTH = 100;
/** Of one frame. The rest is counted. */
const MAX_UNREADABLE = 100;

/**
 * Reads the records of a frame, in every shape that gateways are known or thought to send. A record that cannot be read does not affect
 * the others. Never throws.
 *
 * A vibration record with an axis that cannot be read is found in both lists: as a record without this axis, and as unreadable.
 * @returns null if frames of this type hold no readings
 */
export function readRecords(frame: InboundFrame): FrameRecords | null {
  const kind = KINDS.get(frame.type);
  if (kind === undefined) return null;
  const found = new Findings(kind);
  const { data, isCut, json } = frame;
  if (isCut) found.refuse(null, null, 'the message is larger than those that are kept whole');
  if (json && data === undefined) found.refuse(json.toString(), null, 'the message must be JSON with `Data`');
  for (const wrapped of unwrapRecords(data)) readRecord(found, wrapped);
  return found;
}

/** Whether a frame is a notification of readings that is not parsed yet. */
export function isUnread(frame: InboundFrame): frame is InboundFrame & { readonly json: Buffer } {
  return frame.json !== undefined && KINDS.has(frame.type);
}

class Findings implements FrameRecords {
  readonly records: ReceivedRecord[] = [];
  readonly unreadable: UnreadableRecord[] = [];
  private left = 0;

  constructor(readonly kind: ReadingKind) {}

  /** @param serial null if the record has none that can be used */
  refuse(record: unknown, serial: number | null, reason: string): void {
    const { kind, unreadable } = this;
    if (unreadable.length < MAX_UNREADABLE) {
      unreadable.push({ kind, serial, text: toText(record), reason });
      return;
    }
    this.left += 1;
    unreadable[MAX_UNREADABLE] = {
      ...{ kind, serial: null, text: 'null' },
      reason: `${this.left} more records of this message cannot be read`,
    };
  }
}

function readRecord(found: Findings, { value, fallbackId }: WrappedRecord): void {
  if (!isObject(value)) return found.refuse(value, null, 'a record must be an object');
  const fields = new RecordFields(value);
  const serial = fields.take('Serial', (raw) => toInteger(raw, 1));
  if (serial === null) return found.refuse(value, null, 'Serial must be a whole number above zero');

  const identity = {
    kind: found.kind,
    serial,
    // Negative numbers are the service's own.
    recordId: fields.take('ID', (raw) => toInteger(raw, 0)) ?? fallbackId,
    timeText: fields.take('Time', toTimeText),
  };
  if (found.kind === 'vibration') readVibration(found, fields, identity);
  else readScalar(found, fields, identity, found.kind === 'temperature' ? 'Temp' : 'Batt');
}

type Identity = Pick<ReceivedRecord, 'kind' | 'serial' | 'recordId' | 'timeText'>;

function readScalar(found: Findings, fields: RecordFields, identity: Identity, name: 'Temp' | 'Batt'): void {
  const value = fields.take(name, toNumber);
  if (value === null) return found.refuse(fields.all, identity.serial, `${name} must be a number`);
  const { kind, serial, recordId, timeText } = identity;
  found.records.push({ kind, serial, recordId, timeText, axes: {}, reported: {}, value, extra: fields.rest() });
}

function readVibration(found: Findings, fields: RecordFields, identity: Identity): void {
  const axes: Partial<Record<Axis, Float64Array>> = {};
  const reported: Partial<Record<Axis, ReportedStatistics>> = {};
  const problems: string[] = [];
  let isScalar = false;
  for (const axis of AXES) {
    const name = axis.toUpperCase();
    const reading = readAxis(fields.all[name]);
    if (reading.type === 'scalar')
      isScalar = true; // It stays among the unknown fields.
    else fields.use(name);
    if (reading.type === 'samples') axes[axis] = reading.samples;
    if (reading.type === 'unreadable') problems.push(`${name} ${reading.problem}`);
    const statistics = readStatistics(fields, name);
    if (statistics) reported[axis] = statistics;
  }
  const hasContent = isScalar || Object.keys(axes).length + Object.keys(reported).length > 0;
  // A record without any waveform still says that the gateway has taken it.
  if (hasContent || problems.length === 0) {
    found.records.push({ ...identity, axes, reported, value: null, extra: fields.rest() });
  }
  // Without the axes that could be read, which would hide the others where the text is cut.
  if (problems.length > 0) found.refuse(fields.without(axes), identity.serial, problems.join('; '));
}

function readStatistics(fields: RecordFields, name: string): ReportedStatistics | null {
  const peak = fields.take(`${name}pk`, toNumber);
  const peakToPeak = fields.take(`${name}pp`, toNumber);
  const rms = fields.take(`${name}rms`, toNumber);
  return peak === null && peakToPeak === null && rms === null ? null : { peak, peakToPeak, rms };
}

function toTimeText(raw: unknown): string | null {
  if (typeof raw === 'number') return String(raw);
  return typeof raw === 'string' && raw.trim() !== '' && raw.length <= MAX_TIME_LENGTH ? raw : null;
}

/** The fields of one record, and which of them have been read. */
class RecordFields {
  private readonly used = new Set<string>();

  constructor(readonly all: Fields) {}

  /** Reads a field. One that is not null and cannot be read stays among the unknown ones. */
  take<Value>(name: string, read: (raw: unknown) => Value | null): Value | null {
    const raw = Object.hasOwn(this.all, name) ? this.all[name] : null;
    const value = raw === null ? null : read(raw);
    if (raw === null || value !== null) this.use(name);
    return value;
  }

  use(name: string): void {
    this.used.add(name);
  }

  /** The record without the axes whose samples were read. */
  without(axes: Partial<Record<Axis, Float64Array>>): Fields {
    const read = new Set(Object.keys(axes).map((axis) => axis.toUpperCase()));
    return Object.fromEntries(Object.entries(this.all).filter(([name]) => !read.has(name)));
  }

  /** What has not been read. */
  rest(): Record<string, unknown> | null {
    return toExtra(Object.entries(this.all).filter(([name]) => !this.used.has(name)));
  }
}
