import { parentPort } from 'node:worker_threads';
import { encodeWaveform } from '../storage/codec/encode-reading';
import type { EncodedWaveform } from '../storage/codec/encode-reading';
import { encodeFrame } from './encode-frame';
import type { EncodingAnswer, EncodingJob } from './encoding-thread';

// The program of the thread that reads large frames and encodes waveforms.

parentPort?.on('message', (job: EncodingJob) => {
  void answer(job).then((message) => parentPort?.postMessage(message, transferable(message)));
});

async function answer(job: EncodingJob): Promise<EncodingAnswer> {
  const { id } = job;
  try {
    if ('json' in job) return { id, frame: await encodeFrame(asBuffer(job.json), job.rates) };
    return { id, waveform: await encodeWaveform(job.waveform, job.sampleRateHz) };
  } catch (error) {
    return { id, refusal: (error as Error).message };
  }
}

/** A Buffer arrives as a plain array of bytes. Its memory is not copied. */
function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, length);
}

/** Blocks are handed over instead of copied. */
function transferable(message: EncodingAnswer): ArrayBuffer[] {
  if ('waveform' in message) return blocksOf(message.waveform);
  return 'frame' in message ? message.frame.records.flatMap(blocksOf) : [];
}

function blocksOf({ axes }: Pick<EncodedWaveform, 'axes'>): ArrayBuffer[] {
  return Object.values(axes).map(({ block }) => block.buffer as ArrayBuffer);
}
