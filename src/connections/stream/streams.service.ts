import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { Config } from '../../config/config';
import { NotReadyError, TooManyStreamsError } from '../connection.errors';
import { ConnectionRegistry } from '../connection.registry';
import { ConnectionSupervisor } from '../connection.supervisor';
import { MoveLog } from './move-log';
import { StreamShare } from './stream-share';
import { StreamReader } from './stream-reader';
import type { MoveFilter } from './stream-reader';

/** Some 10 MB when all of them have been read. */
const MOVES_KEPT = 10_000;
const HEARTBEAT_MS = 15_000;
/** How long a reader may take to accept the end of its stream. */
const END_MS = 1000;

/** Tells every reader of the moves of the fleet, each at its own pace. */
@Injectable()
export class StreamsService implements OnModuleInit {
  private log = new MoveLog(MOVES_KEPT);
  private readonly readers = new Set<StreamReader>();
  private readonly share: StreamShare;
  private heartbeat: NodeJS.Timeout | undefined;
  private isWakingUp = false;
  private isClosing = false;

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly supervisor: ConnectionSupervisor,
    private readonly config: Config,
    private readonly http: HttpAdapterHost,
    @InjectPinoLogger(StreamsService.name) private readonly logger: PinoLogger,
  ) {
    this.share = new StreamShare(config.env.MAX_STREAMS_PER_ACTOR);
  }

  onModuleInit(): void {
    this.registry.onMove((record) => {
      this.log.append(record);
      this.wakeSoon();
    });
    // A server closes when its last request has ended, and a stream does not end by itself.
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
  requireRoom(socket: Socket): void {
    if (this.isClosing || !this.supervisor.isRunning) throw new NotReadyError();
    this.share.requireRoom(socket);
    const { MAX_STREAMS: limit } = this.config.env;
    if (this.readers.size >= limit) throw new TooManyStreamsError(limit);
  }

  /**
   * Begins a stream whose headers are written.
   * @param socket what the response is sent on. Only its end is sure to be told: that of a response which waits behind another is not.
   * @param lastId what the client says it has had
   */
  open(response: Writable, socket: Socket, filter: MoveFilter, lastId: string | undefined): void {
    if (socket.destroyed) return; // The client left before it was served.
    const reader = new StreamReader(this.log, response, filter, lastId);
    this.readers.add(reader);
    this.share.take(socket);
    this.heartbeat ??= setInterval(() => this.beat(), HEARTBEAT_MS);
    socket.once('close', () => this.remove(reader));
    reader.pump();
  }

  /**
   * Ends every stream, and begins the log anew: when the sessions are given up, they all move to `disconnected`, which is not
   * what anybody wants of them, and nobody here sees what they do until this service has them again. Who comes back hears `reset`.
   */
  endAll(): void {
    const ending = [...this.readers];
    for (const reader of ending) {
      reader.end();
      this.remove(reader);
    }
    this.log = new MoveLog(MOVES_KEPT);
    if (ending.length > 0) setTimeout(() => ending.forEach((reader) => reader.cutOff()), END_MS).unref();
  }

  private remove(reader: StreamReader): void {
    this.readers.delete(reader);
    if (this.readers.size > 0) return;
    clearInterval(this.heartbeat);
    this.heartbeat = undefined;
  }

  /** Once for all moves of this turn of the event loop: a fleet that moves as one costs each reader few writes. */
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
    this.logger.warn({ movesKept: MOVES_KEPT }, 'a reader of the stream was too slow and is cut off');
    reader.cutOff();
    this.remove(reader);
  }

  private beat(): void {
    for (const reader of this.readers) reader.beat();
  }
}
