import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';
import type { Actor } from '../common/actor';
import { Config } from '../config/config';
import { Readiness } from '../status/readiness';
import { NotReadyError } from '../status/status.errors';
import { TooManyStreamsError } from './stream.errors';
import { StreamShare } from './stream-share';

/** Limits the readers of all streams together, and ends them all when the server closes. */
@Injectable()
export class StreamLimits implements OnModuleInit {
  private readonly share: StreamShare;
  private readonly onClose: (() => void)[] = [];
  private readers = 0;
  private cut = 0;
  private isClosing = false;

  constructor(
    private readonly readiness: Readiness,
    private readonly config: Config,
    private readonly http: HttpAdapterHost,
  ) {
    this.share = new StreamShare(config.env.MAX_STREAMS_PER_ACTOR);
  }

  onModuleInit(): void {
    // A server closes only when its last request has ended, and a stream does not end by itself.
    this.http.httpAdapter.getInstance<FastifyInstance>().addHook('preClose', (done) => {
      this.isClosing = true;
      for (const end of this.onClose) end();
      done();
    });
  }

  /** How many read now, how many may, and how many were too slow and disconnected since the start of the process. */
  get figures(): { readonly readers: number; readonly limit: number; readonly cut: number } {
    return { readers: this.readers, limit: this.config.env.MAX_STREAMS, cut: this.cut };
  }

  /** Counts a reader that is disconnected because it is too slow. */
  noteCut(): void {
    this.cut += 1;
  }

  /** Calls `end` before the server closes. */
  beforeClose(end: () => void): void {
    this.onClose.push(end);
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
    if (this.readers >= limit) throw new TooManyStreamsError(limit);
  }

  /** Counts a reader until `release`; for its client, until the connection closes. */
  take(actor: Actor, socket: Socket): void {
    this.readers += 1;
    this.share.take(actor, socket);
  }

  release(): void {
    this.readers -= 1;
  }
}
