import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Actor } from '../common/actor';
import { Config } from '../config/config';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import { Readiness } from '../status/readiness';
import { StateChanges } from '../status/state-changes';
import { NotReadyError } from '../status/status.errors';
import { TooManyStreamsError } from './stream.errors';
import { StateChangeLog } from './state-change-log';
import { StreamShare } from './stream-share';
import { StreamReader } from './stream-reader';
import type { StateChangeFilter } from './stream-reader';

/** About 13 MB once all of them have been read. */
const CHANGES_KEPT = 10_000;
const HEARTBEAT_MS = 15_000;
/** How long a reader may take to receive the end of its stream before it is cut off. */
const END_MS = 1000;

/** Sends the state changes of the fleet to every reader, each at its own pace. */
@Injectable()
export class StreamsService implements OnModuleInit {
  private log = new StateChangeLog(CHANGES_KEPT);
  private readonly readers = new Set<StreamReader>();
  private readonly share: StreamShare;
  private heartbeat: NodeJS.Timeout | undefined;
  private isWakingUp = false;
  private isClosing = false;

  constructor(
    private readonly changes: StateChanges,
    private readonly readiness: Readiness,
    private readonly config: Config,
    private readonly http: HttpAdapterHost,
    @InjectPinoLogger(StreamsService.name) private readonly logger: PinoLogger,
  ) {
    this.share = new StreamShare(config.env.MAX_STREAMS_PER_ACTOR);
  }

  onModuleInit(): void {
    this.changes.subscribe((change) => {
      this.log.append(change);
      this.wakeSoon();
    });
    // A server closes only when its last request has ended, and a stream does not end by itself.
    this.http.httpAdapter.getInstance<FastifyInstance>().addHook('preClose', (done) => {
      this.isClosing = true;
      this.endAll();
      done();
    });
  }

  /**
   * @param socket the connection that would carry the stream
   * @throws NotReadyError, StreamShareUsedUpError, TooManyStreamsError
   */
  requireRoom(actor: Actor, socket: Socket): void {
    if (this.isClosing) throw new NotReadyError();
    this.readiness.require();
    this.share.requireRoom(actor, socket);
    const { MAX_STREAMS: limit } = this.config.env;
    if (this.readers.size >= limit) throw new TooManyStreamsError(limit);
  }

  /**
   * Starts a stream whose headers are written.
   * @param socket the connection of the response. Its `close` event is reliable; a pipelined response may never emit one.
   * @param lastId the last event id that the client says it received; undefined if it sent none
   */
  open(response: Writable, socket: Socket, actor: Actor, filter: StateChangeFilter, lastId: string | undefined): void {
    if (socket.destroyed) return; // The client left before it was served.
    const reader = new StreamReader(this.log, response, actor, filter, lastId);
    this.readers.add(reader);
    this.share.take(actor, socket);
    this.heartbeat ??= setInterval(() => this.beat(), HEARTBEAT_MS);
    socket.once('close', () => this.remove(reader));
    reader.pump();
  }

  /**
   * Ends every stream and starts a new log. When the sessions are given up, all of them change to `disconnected` although no operator
   * ordered it, and this service sees no state changes until it holds them again. A client that resumes gets `reset`.
   */
  endAll(): void {
    this.end([...this.readers], (reader) => reader.end());
    this.log = new StateChangeLog(CHANGES_KEPT);
  }

  /** Ends the streams of a key that may no longer be used as it was. */
  @OnDomainEvent('key.ended')
  onKeyEnded({ keyId }: DomainEventMap['key.ended']): void {
    const ending = [...this.readers].filter(({ actor }) => actor.id === keyId);
    this.end(ending, (reader) => reader.endUnauthenticated());
  }

  private end(ending: readonly StreamReader[], how: (reader: StreamReader) => void): void {
    for (const reader of ending) {
      how(reader);
      this.remove(reader);
    }
    if (ending.length > 0) setTimeout(() => ending.forEach((reader) => reader.cutOff()), END_MS).unref();
  }

  private remove(reader: StreamReader): void {
    this.readers.delete(reader);
    if (this.readers.size > 0) return;
    clearInterval(this.heartbeat);
    this.heartbeat = undefined;
  }

  /** Wakes readers once per turn of the event loop, so that many simultaneous state changes cost each reader few writes. */
  private wakeSoon(): void {
    if (this.isWakingUp || this.readers.size === 0) return;
    this.isWakingUp = true;
    setImmediate(() => {
      this.isWakingUp = false;
      for (const reader of this.readers) this.wake(reader);
    });
  }

  private wake(reader: StreamReader): void {
    if (!reader.hasFallenBehind) return reader.pump();
    this.logger.warn({ changesKept: CHANGES_KEPT }, 'a stream reader was too slow and was disconnected');
    reader.cutOff();
    this.remove(reader);
  }

  private beat(): void {
    for (const reader of this.readers) reader.beat();
  }
}
