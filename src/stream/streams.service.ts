import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { ReplicaBus } from '../bus/replica-bus';
import { instanceId } from '../common/instance';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import type { ConnectionRecord } from '../status/connection-record';
import { ConnectionRegistry } from '../status/connection.registry';
import { Readiness } from '../status/readiness';
import { StateChanges } from '../status/state-changes';
import { EventStream } from './event-stream';
import type { FleetEvent } from './fleet-event';
import { fleetEventCodec } from './fleet-event-codec';
import { StreamLimits } from './stream-limits';
import { fleetEvent } from './stream-text';

/** About 13 MB once all of them have been read. */
const EVENTS_KEPT = 10_000;

/** The stream of the state changes of the fleet, and of the news of its gateways. */
@Injectable()
export class StreamsService implements OnModuleInit {
  readonly stream: EventStream<FleetEvent>;

  constructor(
    private readonly changes: StateChanges,
    private readonly registry: ConnectionRegistry,
    private readonly readiness: Readiness,
    bus: ReplicaBus,
    limits: StreamLimits,
    @InjectPinoLogger(StreamsService.name) logger: PinoLogger,
  ) {
    const log = bus.log('CHANGES', { kept: EVENTS_KEPT, codec: fleetEventCodec });
    this.stream = new EventStream(log, { kept: EVENTS_KEPT, render: fleetEvent }, limits, logger);
  }

  onModuleInit(): void {
    this.changes.subscribe((change) => this.stream.append(change));
    this.registry.subscribe((news) => {
      // While the sessions are taken, every gateway is new to this process, and nobody can read the stream.
      if (this.readiness.isReady) this.stream.append(news);
    });
  }

  /** Tells readers alone that a gateway ended which no process observes: it is in no history. */
  tellEnd(last: ConnectionRecord): void {
    const from = last.state === 'unknown' ? last.lastKnown?.state : last.state;
    if (from === undefined || from === 'disconnected') return;
    const ended = { state: 'disconnected', since: performance.now(), lastKnown: null, observedBy: instanceId } as const;
    this.stream.append(this.changes.make({ ...last, ...ended }, from));
  }

  /**
   * Ends every stream. When the sessions are given up, all of them change to `disconnected` although no operator ordered it, and this
   * service sees no state changes until it holds them again.
   */
  endAll(): void {
    this.stream.endAll();
  }

  @OnDomainEvent('key.ended')
  onKeyEnded({ keyId }: DomainEventMap['key.ended']): void {
    this.stream.endOf(keyId);
  }
}
