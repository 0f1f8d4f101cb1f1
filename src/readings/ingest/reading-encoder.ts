import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { EncodedReading, NewReading } from '../reading';
import { encodeReading } from '../storage/codec/encode-reading';
import { SampleRates } from '../storage/sample-rates';
import { EncodingThread, findProgram, ThreadEndedError } from './encoding-thread';

/** Encodes readings, their waveforms on a thread of their own. Run from the sources, it has no thread and encodes them here. */
@Injectable()
export class ReadingEncoder implements OnApplicationShutdown {
  private readonly thread: EncodingThread | null;

  constructor(
    private readonly rates: SampleRates,
    @InjectPinoLogger(ReadingEncoder.name) private readonly logger: PinoLogger,
  ) {
    const program = findProgram();
    this.thread = program === null ? null : new EncodingThread(program);
  }

  /** @throws RangeError, as a rejection, if a sample is not finite or too large */
  async encode(reading: NewReading): Promise<EncodedReading> {
    if (!this.thread || reading.kind !== 'vibration') return this.encodeHere(reading);
    try {
      return { ...reading, ...(await this.thread.encode(reading.axes, this.rateOf(reading))) };
    } catch (error) {
      if (!(error instanceof ThreadEndedError)) throw error;
      this.logger.warn({ err: error }, 'a waveform is encoded on the main thread');
      return this.encodeHere(reading);
    }
  }

  /** The same on the main thread. */
  encodeHere(reading: NewReading): Promise<EncodedReading> {
    return encodeReading(reading, this.rateOf(reading));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.thread?.stop();
  }

  private rateOf({ gatewayId, serial }: NewReading): number | null {
    return this.rates.of(gatewayId, serial);
  }
}
