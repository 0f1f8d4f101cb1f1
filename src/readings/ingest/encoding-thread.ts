import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AXES } from '../reading';
import type { EncodedWaveform, Waveform } from '../storage/codec/encode-reading';
import type { EncodedFrame } from './encode-frame';

interface WaveformJob {
  readonly waveform: Waveform;
  readonly sampleRateHz: number | null;
}
interface FrameJob {
  readonly json: Uint8Array;
  readonly rates: ReadonlyMap<number, number>;
}

/** What the thread is asked, and what it answers. */
export type EncodingJob = { readonly id: number } & (WaveformJob | FrameJob);
export type EncodingAnswer = { readonly id: number } & EncodingResult;
type EncodingResult =
  | { readonly waveform: EncodedWaveform }
  | { readonly frame: EncodedFrame }
  /** @param refusal why the waveform cannot be encoded */
  | { readonly refusal: string };

/** The thread has ended; the waveform can still be encoded elsewhere. */
export class ThreadEndedError extends Error {}

interface Waiting {
  readonly resolve: (result: EncodingResult) => void;
  readonly reject: (error: Error) => void;
}

const PROGRAM = 'encoding-worker.js';

/** Beside this file, or in its folder of the build when this code is part of the bundle. Null in the sources, which no thread can load. */
export function findProgram(): string | null {
  return [join(__dirname, PROGRAM), join(__dirname, 'readings', 'ingest', PROGRAM)].find(existsSync) ?? null;
}

/**
 * A thread that reads large frames and encodes waveforms, so that requests do not wait for that. It starts with the first job, and again if it
 * has ended.
 */
export class EncodingThread {
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  /** @param program path of the compiled `encoding-worker.ts` */
  constructor(private readonly program: string) {}

  /**
   * @returns what `encodeWaveform` returns
   * @throws RangeError, as a rejection, as `encodeWaveform` does; ThreadEndedError if the thread ends before the answer
   */
  async encode(waveform: Waveform, sampleRateHz: number | null): Promise<EncodedWaveform> {
    const result = await this.ask({ waveform, sampleRateHz }); // Copied: it is needed again if the thread ends.
    return withBuffers((result as { waveform: EncodedWaveform }).waveform);
  }

  /** @returns what `encodeFrame` returns @throws ThreadEndedError, as a rejection, if the thread ends before the answer */
  async encodeFrame(json: Buffer, rates: ReadonlyMap<number, number>): Promise<EncodedFrame> {
    // Both threads read a message in shared memory; another one is copied. It is needed again if the thread ends.
    const { frame } = (await this.ask({ json, rates })) as { frame: EncodedFrame };
    return { ...frame, records: frame.records.map(withBuffers) };
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    await this.worker?.terminate();
  }

  private ask(job: WaveformJob | FrameJob): Promise<EncodingResult> {
    const id = (this.lastId += 1);
    const worker = (this.worker ??= this.start());
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...job } satisfies EncodingJob);
    });
  }

  private start(): Worker {
    // Without the options of the process, which may load other programs, and without its variables, which hold secrets.
    const worker = new Worker(this.program, { execArgv: [], env: {} });
    worker.unref();
    worker.on('message', (answer: EncodingAnswer) => this.settle(answer));
    worker.on('error', (error) => this.end(worker, error));
    worker.on('exit', () => this.end(worker));
    return worker;
  }

  private settle(answer: EncodingAnswer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('refusal' in answer) waiting?.reject(new RangeError(answer.refusal));
    else waiting?.resolve(answer);
  }

  private end(worker: Worker, cause?: Error): void {
    if (this.worker !== worker) return;
    this.worker = null;
    const left = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of left) reject(new ThreadEndedError('the encoding thread has ended', { cause }));
  }
}

/** Buffers arrive as plain arrays of bytes. */
function withBuffers<Encoded extends Pick<EncodedWaveform, 'axes'>>(encoded: Encoded): Encoded {
  const axes = AXES.flatMap((axis) => {
    const found = encoded.axes[axis];
    return found ? [[axis, { ...found, block: Buffer.from(found.block.buffer) }] as const] : [];
  });
  return { ...encoded, axes: Object.fromEntries(axes) };
}
