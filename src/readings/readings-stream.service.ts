import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { z } from 'zod';
import { ReplicaBus } from '../bus/replica-bus';
import type { LogCodec } from '../bus/replica-bus';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import { EventStream } from '../stream/event-stream';
import { StreamLimits } from '../stream/stream-limits';
import { READING_KINDS } from './reading';
import type { ReadingKind } from './reading';
import { toReadingDto } from './reading.dto';
import { isNews, viewOf } from './storage/stored-view';
import type { PresentReading } from './storage/stored-view';
import type { ReadingOwner, StoredReading } from './storage/stored-reading';

/** About 10 MB once all of them have been read; four minutes of 20 readings a second. */
const READINGS_KEPT = 5000;

/** Something else about a sensor that readers of the stream hear of. */
export interface Announcement {
  /** The name of the event. */
  readonly event: string;
  /** Its data, as JSON. */
  readonly data: string;
  readonly kind: ReadingKind;
  readonly gatewayId: string;
  readonly owner: Pick<ReadingOwner, 'organizationId' | 'factoryId' | 'sensorId'>;
}

export type StreamItem = PresentReading | Announcement;

/** The stream of readings that are stored, new ones and ones that are completed, and of what other rooms announce about sensors. */
@Injectable()
export class ReadingsStreamService {
  readonly stream: EventStream<StreamItem>;

  constructor(bus: ReplicaBus, limits: StreamLimits, @InjectPinoLogger(ReadingsStreamService.name) logger: PinoLogger) {
    const log = bus.log('READINGS', { kept: READINGS_KEPT, codec: itemCodec });
    this.stream = new EventStream(log, { kept: READINGS_KEPT, render: textOf }, limits, logger);
  }

  /** Call it after the commit, for each record in the order of the batch. */
  onStored(reading: StoredReading): void {
    if (isNews(reading)) this.stream.append(reading);
  }

  announce(announcement: Announcement): void {
    this.stream.append(announcement);
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

const announcement = z.object({
  event: z.string(),
  data: z.string(),
  kind: z.enum(READING_KINDS),
  gatewayId: z.string(),
  owner: z.object({ organizationId: z.string(), factoryId: z.string(), sensorId: z.string() }),
});

/** Other replicas get what their readers get. */
const itemCodec: LogCodec<StreamItem> = {
  encode: (item) => {
    const { event, data } = eventOf(item);
    const { kind, gatewayId, owner } = item;
    return { event, data, kind, gatewayId, owner } satisfies Announcement;
  },
  decode: (message) => announcement.safeParse(message).data ?? null,
};

function eventOf(item: StreamItem): Pick<Announcement, 'event' | 'data'> {
  return 'event' in item ? item : { event: 'reading', data: JSON.stringify(toReadingDto(viewOf(item))) };
}

function textOf(id: string, item: StreamItem): string {
  const { event, data } = eventOf(item);
  return `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
}
