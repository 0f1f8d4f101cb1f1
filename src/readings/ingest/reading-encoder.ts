import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { EncodedReading, NewReading, UnreadFrame } from '../reading';
import { encodeReading } from '../storage/codec/encode-reading';
import { SampleRates } from '../storage/sample-rates';
import { encodeFrame } from './encode-frame';
import type { EncodedFrame } from './encode-frame';
import { EncodingThread, findProgram, ThreadEndedError } from './encoding-thread';
import { YoungBuffers } from './young-buffers';

/** Reads large frames and encodes waveforms on a thread of their own. Run from the sources, it has no thread and does it all here. */
@Injectable()
export class ReadingEncoder implements OnApplicationShutdown {
  private readonly thread: EncodingThread | null;
  private readonly youngBuffers = new YoungBuffers();

  constructor(
    private readonly rates: SampleRates,
    @InjectPinoLogger(ReadingEncoder.name) private readonly logger: PinoLogger,
  ) {
    const program = findProgram();
    this.thread = program === null ? null : new EncodingThread(program);
  }

  /** @throws RangeError, as a rejection, if a sample is not finite or too large */
  encode(reading: NewReading): Promise<EncodedReading> {
    if (reading.kind !== 'vibration') return this.encodeHere(reading);
    return this.elsewhere(
      async (thread) => ({ ...reading, ...(await thread.encode(reading.axes, this.rateOf(reading))) }),
      () => this.encodeHere(reading),
    );
  }

  /** The same on the main thread. */
  encodeHere(reading: NewReading): Promise<EncodedReading> {
    return encodeReading(reading, this.rateOf(reading));
  }

  encodeFrame(frame: UnreadFrame): Promise<EncodedFrame> {
    this.youngBuffers.note(frame.json.length);
    return this.elsewhere(
      (thread) => thread.encodeFrame(frame.json, this.rates.ofGateway(frame.gatewayId)),
      () => this.encodeFrameHere(frame),
    );
  }

  /** The same on the main thread. */
  encodeFrameHere({ gatewayId, json }: UnreadFrame): Promise<EncodedFrame> {
    return encodeFrame(json, this.rates.ofGateway(gatewayId));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.thread?.stop();
  }

  /** Does it on the main thread if there is no other, or if that ends meanwhile. */
  private async elsewhere<Result>(
    onThread: (thread: EncodingThread) => Promise<Result>,
    here: () => Promise<Result>,
  ): Promise<Result> {
    if (!this.thread) return here();
    try {
      return await onThread(this.thread);
    } catch (error) {
      if (!(error instanceof ThreadEndedError)) throw error;
      this.logger.warn({ err: error }, 'a waveform is encoded on the main thread');
      return here();
    }
  }

  private rateOf({ gatewayId, serial }: NewReading): number | null {
    return this.rates.of(gatewayId, serial);
  }
}
