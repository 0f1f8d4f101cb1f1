import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import type { StateChange } from '../status/state-change';
import { StateChanges } from '../status/state-changes';
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
    limits: StreamLimits,
    @InjectPinoLogger(StreamsService.name) logger: PinoLogger,
  ) {
    this.stream = new EventStream({ kept: CHANGES_KEPT, render: stateEvent }, limits, logger);
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
