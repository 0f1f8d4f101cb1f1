import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { ReplicaBus } from '../bus/replica-bus';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import type { StateChange } from '../status/state-change';
import { StateChanges } from '../status/state-changes';
import { changeCodec } from './change-codec';
import { EventStream } from './event-stream';
import { StreamLimits } from './stream-limits';
import { stateEvent } from './stream-text';

/** About 13 MB once all of them have been read. */
const CHANGES_KEPT = 10_000;

/** The stream of the state changes of the fleet. */
@Injectable()
export class StreamsService implements OnModuleInit {
  readonly stream: EventStream<StateChange>;

  constructor(
    private readonly changes: StateChanges,
    bus: ReplicaBus,
    limits: StreamLimits,
    @InjectPinoLogger(StreamsService.name) logger: PinoLogger,
  ) {
    const log = bus.log('CHANGES', { kept: CHANGES_KEPT, codec: changeCodec });
    this.stream = new EventStream(log, { kept: CHANGES_KEPT, render: stateEvent }, limits, logger);
  }

  onModuleInit(): void {
    this.changes.subscribe((change) => this.stream.append(change));
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
