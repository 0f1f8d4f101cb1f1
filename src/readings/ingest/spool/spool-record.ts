import { AXES } from '../../reading';
import type { Axis, EncodedAxis, EncodedReading } from '../../reading';
import { crc32c } from './crc32c';

/** Length and CRC-32C of the payload, as unsigned 32-bit numbers in little-endian order. */
export const HEAD_BYTES = 8;
/** A larger length is damage: no message of a gateway is that large. */
export const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024;

/** What the JSON of a record says of an axis; its block follows the JSON. */
interface AxisFacts {
  readonly bytes: number;
  readonly statistics: EncodedAxis['statistics'];
}

interface RecordJson extends Omit<EncodedReading, 'axes' | 'receivedAt'> {
  readonly receivedAt: string;
  readonly axes: Readonly<Partial<Record<Axis, AxisFacts>>>;
}

/** A reading as one record of the spool: head, length of the JSON, JSON, and the blocks of the axes. */
export function toSpoolRecord({ axes, receivedAt, ...reading }: EncodedReading): Buffer {
  const present = presentAxes(axes);
  const facts = present.map(([axis, { block, statistics }]) => [axis, { bytes: block.length, statistics }] as const);
  const json = { ...reading, receivedAt: receivedAt.toISOString(), axes: Object.fromEntries(facts) };
  const text = Buffer.from(JSON.stringify(json satisfies RecordJson));
  const head = Buffer.alloc(HEAD_BYTES + 4);
  head.writeUInt32LE(text.length, HEAD_BYTES);
  const record = Buffer.concat([head, text, ...present.map(([, { block }]) => block)]);
  const payload = record.subarray(HEAD_BYTES);
  record.writeUInt32LE(payload.length, 0);
  record.writeUInt32LE(crc32c(payload), 4);
  return record;
}

/** The reverse of `toSpoolRecord`. @param payload a record without its head; the reading's blocks are views of it */
export function fromSpoolPayload(payload: Buffer): EncodedReading {
  const textEnd = 4 + payload.readUInt32LE(0);
  const { axes, receivedAt, ...reading } = JSON.parse(payload.toString('utf8', 4, textEnd)) as RecordJson;
  let at = textEnd;
  const found: Partial<Record<Axis, EncodedAxis>> = {};
  for (const [axis, { bytes, statistics }] of presentAxes(axes)) {
    found[axis] = { block: payload.subarray(at, at + bytes), statistics };
    at += bytes;
  }
  return { ...reading, receivedAt: new Date(receivedAt), axes: found };
}

function presentAxes<Value>(axes: Readonly<Partial<Record<Axis, Value>>>): [Axis, Value][] {
  return AXES.flatMap((axis) => {
    const value = axes[axis];
    return value === undefined ? [] : [[axis, value] as [Axis, Value]];
  });
}
