import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 20;
const TEXT = 0x81; // FIN and the text opcode: the only frame of its message.

/** A complete text message as one unmasked frame, as a server sends it: RFC 6455, section 5.2. */
export function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(10);
  header[0] = TEXT;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([header, payload]);
}

/** Yields each piece when it is due. Paced by the clock, so that a delayed process catches up. */
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
