import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AXES } from '../reading';
import type { EncodedWaveform, Waveform } from '../storage/codec/encode-reading';

export interface EncodingJob {
  readonly id: number;
  readonly waveform: Waveform;
  readonly sampleRateHz: number | null;
}

export type EncodingAnswer =
  | { readonly id: number; readonly encoded: EncodedWaveform }
  /** @param refusal why the waveform cannot be encoded */
  | { readonly id: number; readonly refusal: string };

/** The thread has ended; the waveform can still be encoded elsewhere. */
export class ThreadEndedError extends Error {}

interface Waiting {
  readonly resolve: (encoded: EncodedWaveform) => void;
  readonly reject: (error: Error) => void;
}

const PROGRAM = 'encoding-worker.js';

/** Beside this file, or in its folder of the build when this code is part of the bundle. Null in the sources, which no thread can load. */
export function findProgram(): string | null {
  return [join(__dirname, PROGRAM), join(__dirname, 'readings', 'ingest', PROGRAM)].find(existsSync) ?? null;
}

/** A thread that encodes waveforms, so that requests do not wait for that. It starts with the first one, and again if it has ended. */
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
  encode(waveform: Waveform, sampleRateHz: number | null): Promise<EncodedWaveform> {
    const id = (this.lastId += 1);
    const worker = (this.worker ??= this.start());
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      worker.postMessage({ id, waveform, sampleRateHz } satisfies EncodingJob); // Copied: it is needed again if the thread ends.
    });
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    await this.worker?.terminate();
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
    if ('encoded' in answer) waiting?.resolve(withBuffers(answer.encoded));
    else waiting?.reject(new RangeError(answer.refusal));
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
function withBuffers(encoded: EncodedWaveform): EncodedWaveform {
  const axes = AXES.flatMap((axis) => {
    const found = encoded.axes[axis];
    return found ? [[axis, { ...found, block: Buffer.from(found.block.buffer) }] as const] : [];
  });
  return { ...encoded, axes: Object.fromEntries(axes) };
}
