import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 20;
const TEXT = 0x81; // The last frame of its message, and the only one.

/** A whole text message, unmasked as servers send it: RFC 6455, section 5.2. */
export function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(10);
  header[0] = TEXT;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([header, payload]);
}

/** The pieces of it, each when it is due. They go by the clock, so that a machine that stands still makes up for it. */
export async function* drips(bytes: Buffer, bytesPerSecond: number): AsyncGenerator<Buffer> {
  const began = performance.now();
  let sent = 0;
  while (sent < bytes.length) {
    await sleep(EVERY_MS);
    const due = Math.min(bytes.length, Math.ceil(((performance.now() - began) / 1000) * bytesPerSecond));
    yield bytes.subarray(sent, due);
    sent = due;
  }
}
