import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import { EventStream } from '../stream/event-stream';
import { StreamLimits } from '../stream/stream-limits';
import { toReadingDto } from './reading.dto';
import { isNews, viewOf } from './storage/stored-view';
import type { PresentReading } from './storage/stored-view';
import type { StoredReading } from './storage/stored-reading';

/** About 10 MB once all of them have been read; four minutes of 20 readings a second. */
const READINGS_KEPT = 5000;

/** The stream of readings that are stored, new ones and ones that are completed. */
@Injectable()
export class ReadingsStreamService {
  readonly stream: EventStream<PresentReading>;

  constructor(limits: StreamLimits, @InjectPinoLogger(ReadingsStreamService.name) logger: PinoLogger) {
    this.stream = new EventStream({ kept: READINGS_KEPT, render: readingEvent }, limits, logger);
  }

  /** Call it after the commit, for each record in the order of the batch. */
  onStored(reading: StoredReading): void {
    if (isNews(reading)) this.stream.append(reading);
  }

  /** Ends every stream: another process stores the readings from now on. */
  endAll(): void {
    this.stream.endAll();
  }

  @OnDomainEvent('key.ended')
  onKeyEnded({ keyId }: DomainEventMap['key.ended']): void {
    this.stream.endOf(keyId);
  }
}

function readingEvent(id: string, reading: PresentReading): string {
  return `event: reading\nid: ${id}\ndata: ${JSON.stringify(toReadingDto(viewOf(reading)))}\n\n`;
}
