import { parentPort } from 'node:worker_threads';
import { encodeWaveform } from '../storage/codec/encode-reading';
import type { EncodingAnswer, EncodingJob } from './encoding-thread';

// The program of the thread that encodes waveforms.

parentPort?.on('message', (job: EncodingJob) => {
  void answer(job).then((message) => parentPort?.postMessage(message, transferable(message)));
});

async function answer({ id, waveform, sampleRateHz }: EncodingJob): Promise<EncodingAnswer> {
  try {
    return { id, encoded: await encodeWaveform(waveform, sampleRateHz) };
  } catch (error) {
    return { id, refusal: (error as Error).message };
  }
}

/** Blocks are handed over instead of copied. */
function transferable(message: EncodingAnswer): ArrayBuffer[] {
  if (!('encoded' in message)) return [];
  return Object.values(message.encoded.axes).map(({ block }) => block.buffer as ArrayBuffer);
}
