import { capturedShape } from '../../simulator/shapes/captured.shape';
import { GatewayModel } from '../../simulator/model/gateway-model';
import { Measurements } from '../../simulator/model/measurements';

export type FrameKind = 'small' | 'large';

const SAMPLES = 4096;
const BATCH_BYTES = 256 * 1024;

/** A batch of notification frames: temperatures, or vibration readings of three axes. */
export function batchOf(kind: FrameKind): Buffer {
  const model = new GatewayModel(capturedShape(), new Measurements({ number: 1, samples: SAMPLES }));
  const frames: Buffer[] = [];
  for (let bytes = 0; bytes < BATCH_BYTES; bytes += frames.at(-1)?.length ?? 0) {
    frames.push(frameOf(model.notification(kind === 'small' ? 'temp' : 'reading')?.frame ?? ''));
  }
  return Buffer.concat(frames);
}

/** A whole text message, unmasked as servers send it: RFC 6455, section 5.2. */
export function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([headerOf(payload.length), payload]);
}

const TEXT = 0x81; // FIN and the text opcode: the only frame of its message.

function headerOf(length: number): Buffer {
  if (length < 126) return Buffer.from([TEXT, length]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = TEXT;
  header[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
