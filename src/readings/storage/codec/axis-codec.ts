import { promisify } from 'node:util';
import { deflate, deflateSync, inflateSync } from 'node:zlib';
import { fromPlanes, toIntegerPlanes, toPlanes } from './byte-planes';
import { scaled, unscaled } from './decimals';

/** First byte of a block. Values of stored blocks: never change one, add others. */
const CODECS = { scaled16: 1, scaled32: 2, float32: 3 } as const;
/** Second byte: the number of decimals, and whether the payload holds differences of neighbours, */
const IS_DELTA = 0x80;
/** and whether the plane of the lowest bytes stands as it is before the zlib stream, which holds the others. */
const IS_LOW_PLAIN = 0x40;
const DECIMALS = 0x3f;
/** Then the number of samples, 32 bits, least significant byte first. */
const COUNT_AT = 2;
/** Then the payload, a zlib stream, or the lowest bytes and a zlib stream. */
const PAYLOAD_AT = 6;

/** So few bytes show no distribution, and take no time. */
const LEAST_NOISE = 512;
/** The chance that two random bytes are equal is 1 / 256. Deflate saves less than a thirtieth of bytes with a chance below this. */
const NOISE_CHANCE = 1 / 220;

/** Fast, with blocks so short that each plane of bytes gets its own code. */
const DEFLATE = { level: 1, memLevel: 7 } as const;

/** To hand less than that to the pool takes longer than to deflate it: another thread must be woken, for each call. */
const POOLED_BYTES = 65_536;

type Integers = Int16Array | Int32Array;

interface Payload {
  readonly isLowPlain: boolean;
  readonly count: number;
  readonly bytes: Buffer;
}

const deflateOnPool = promisify<Uint8Array, typeof DEFLATE, Buffer>(deflate);

/**
 * Encodes the samples of an axis as a block for the table `waveforms`. Samples with up to six decimals come back exactly, except that
 * zeros lose their sign; others are rounded to single precision, about 6·10⁻⁸ of their value (`isRounded`).
 *
 * Compresses axes of more than 64 KiB on the thread pool.
 * @throws RangeError, as a rejection, if a sample is not finite or too large for single precision
 */
export async function encodeAxis(samples: Float64Array): Promise<Buffer> {
  const exact = scaled(samples);
  if (exact === null) return toBlock(CODECS.float32, 0, samples.length, singlePlanes(samples));
  const { decimals, integers } = exact;
  const { isNarrow, isDelta } = shapeOf(integers);
  const codec = isNarrow ? CODECS.scaled16 : CODECS.scaled32;
  const flags = isDelta ? decimals | IS_DELTA : decimals;
  return toBlock(codec, flags, samples.length, toIntegerPlanes(integers, isNarrow ? 2 : 4, isDelta));
}

/** The samples of a block. @throws Error if it is no block of `encodeAxis` */
export function decodeAxis(block: Buffer): Float64Array {
  if (block.length < PAYLOAD_AT) throw new Error('the block is too short');
  const [codec, flags, count] = [block.readUInt8(0), block.readUInt8(1), countOf(block)];
  const payload = { isLowPlain: (flags & IS_LOW_PLAIN) !== 0, count, bytes: block.subarray(PAYLOAD_AT) };
  if (codec === CODECS.float32) return new Float64Array(new Float32Array(unpacked(payload, 4)));
  const values = integersOf(codec, payload);
  if (flags & IS_DELTA) undoDifferences(values);
  return unscaled({ decimals: flags & DECIMALS, integers: values });
}

/** How many samples a block holds. */
export function countOf(block: Buffer): number {
  return block.readUInt32LE(COUNT_AT);
}

/** Whether the samples of a block are rounded to single precision, instead of exactly those that were encoded. */
export function isRounded(block: Buffer): boolean {
  return block.readUInt8(0) === CODECS.float32;
}

function integersOf(codec: number, payload: Payload): Integers {
  if (codec === CODECS.scaled16) return new Int16Array(unpacked(payload, 2));
  if (codec === CODECS.scaled32) return new Int32Array(unpacked(payload, 4));
  throw new Error(`the block has an unknown codec: ${codec}`);
}

async function toBlock(codec: number, flags: number, count: number, planes: Uint8Array): Promise<Buffer> {
  const plain = isNoise(planes.subarray(0, count)) ? count : 0;
  const stream = await deflated(planes.subarray(plain));
  // Not in a pool, so that a thread can hand it over.
  const block = Buffer.allocUnsafeSlow(PAYLOAD_AT + plain + stream.length);
  block.writeUInt8(codec, 0);
  block.writeUInt8(plain > 0 ? flags | IS_LOW_PLAIN : flags, 1);
  block.writeUInt32LE(count, COUNT_AT);
  block.set(planes.subarray(0, plain), PAYLOAD_AT);
  block.set(stream, PAYLOAD_AT + plain);
  return block;
}

/**
 * Whether deflate would make nothing of these bytes, judged by how often two of them are equal. The low bytes of what a sensor measures
 * are such noise. To leave them out halves the time, and the others get a better code.
 */
function isNoise(bytes: Uint8Array): boolean {
  const { length } = bytes;
  if (length < LEAST_NOISE) return false;
  const counts = new Uint32Array(256);
  for (let index = 0; index < length; index += 1) {
    const byte = bytes[index] ?? 0;
    counts[byte] = (counts[byte] ?? 0) + 1;
  }
  const equalPairs = counts.reduce((pairs, count) => pairs + count * (count - 1), 0);
  return equalPairs < length * (length - 1) * NOISE_CHANCE;
}

/**
 * Whether 16 bits are enough, and whether to store differences of neighbours: if they are smaller than the distances from the mean. This
 * decides nearly as well as to compress both ways, which takes twice as long.
 */
function shapeOf(integers: Int32Array): { isNarrow: boolean; isDelta: boolean } {
  const { length } = integers;
  let [least, greatest, sum] = [0, 0, 0];
  // By index, as in `statisticsOf`: an iterator takes several times as long.
  for (let index = 0; index < length; index += 1) {
    const integer = integers[index] ?? 0;
    if (integer < least) least = integer;
    if (integer > greatest) greatest = integer;
    sum += integer;
  }
  const mean = sum / length;
  let [distances, steps] = [0, 0];
  for (let index = 1; index < length; index += 1) {
    const integer = integers[index] ?? 0;
    distances += Math.abs(integer - mean);
    steps += Math.abs(integer - (integers[index - 1] ?? 0));
  }
  return { isNarrow: least >= -32_768 && greatest <= 32_767, isDelta: steps < distances };
}

/** All platforms that Node 20 runs on have the least significant byte first, except IBM's mainframes. */
function singlePlanes(samples: Float64Array): Uint8Array {
  const singles = new Float32Array(samples);
  if (!singles.every(Number.isFinite)) throw new RangeError('a sample is not finite, or too large');
  return toPlanes(new Uint8Array(singles.buffer), singles.BYTES_PER_ELEMENT);
}

/** Undoes the differences of `toIntegerPlanes`: the sums wrap around at the width of the type, as they do. */
function undoDifferences(values: Integers): void {
  for (let index = 1; index < values.length; index += 1) {
    values[index] = (values[index] ?? 0) + (values[index - 1] ?? 0);
  }
}

async function deflated(planes: Uint8Array): Promise<Buffer> {
  return planes.length > POOLED_BYTES ? deflateOnPool(planes, DEFLATE) : deflateSync(planes, DEFLATE);
}

/** @throws Error if the payload does not hold exactly `count` values */
function unpacked({ isLowPlain, count, bytes }: Payload, width: number): ArrayBuffer {
  const plain = isLowPlain ? count : 0;
  const left = width * count - plain;
  // One byte more than expected, so that a payload that is too long is noticed. It cannot fill the memory.
  const stream = inflateSync(bytes.subarray(plain), { maxOutputLength: left + 1 });
  if (stream.length !== left) throw new Error(`the block does not hold ${count} samples`);
  const planes = plain > 0 ? Buffer.concat([bytes.subarray(0, plain), stream]) : stream;
  return fromPlanes(planes, width).buffer as ArrayBuffer;
}
