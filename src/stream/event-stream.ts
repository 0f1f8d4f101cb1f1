import type { PinoLogger } from 'nestjs-pino';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { LogEntry, LogListener, ReplicaLog } from '../bus/replica-bus';
import type { Actor } from '../common/actor';
import { StreamLog } from './stream-log';
import type { RenderEvent } from './stream-log';
import type { StreamLimits } from './stream-limits';
import { StreamReader } from './stream-reader';

const HEARTBEAT_MS = 15_000;
/** How long a reader may take to receive the end of its stream before it is cut off. */
const END_MS = 1000;

/** What distinguishes one stream from another. */
export interface StreamOptions<Item> {
  /** How many items are kept for readers that are slow or come back. */
  readonly kept: number;
  readonly render: RenderEvent<Item>;
}

/** Which items a reader wants, and may see. */
export type Wants<Item> = (item: Item) => boolean;

/** Somebody who reads a stream. */
export interface Reading<Item> {
  readonly actor: Actor;
  readonly wants: Wants<Item>;
  /** When the reader's session ends, in milliseconds since 1970; Infinity without one. */
  readonly endsAt: number;
}

/** Sends the items of one log, which all replicas share, to every reader, each at its own pace. */
export class EventStream<Item> implements LogListener<Item> {
  private log: StreamLog<Item>;
  private readonly readers = new Set<StreamReader<Item>>();
  private heartbeat: NodeJS.Timeout | undefined;
  private isWakingUp = false;

  constructor(
    private readonly source: ReplicaLog<Item>,
    private readonly options: StreamOptions<Item>,
    private readonly limits: StreamLimits,
    private readonly logger: PinoLogger,
  ) {
    this.log = new StreamLog(options.kept, options.render);
    source.follow(this);
    limits.beforeClose(() => this.endAll());
  }

  append(item: Item): void {
    this.source.append(item);
  }

  /** Readers of the log before are told that they may have missed something. */
  onBegin(name: string, after: number, kept: readonly LogEntry<Item>[]): void {
    this.log = new StreamLog(this.options.kept, this.options.render, name, after);
    for (const [position, item] of kept) this.log.append(item, position);
    this.resetReaders();
  }

  onItem(position: number, item: Item): void {
    this.log.append(item, position);
    this.wakeSoon();
  }

  /** Tells every reader that it may have missed something, and lets it go on. */
  resetReaders(): void {
    for (const reader of this.readers) reader.reset(this.log);
  }

  /**
   * @param socket the connection that would carry the stream
   * @throws NotReadyError, StreamShareUsedUpError, TooManyStreamsError
   */
  requireRoom(actor: Actor, socket: Socket): void {
    this.limits.requireRoom(actor, socket);
  }

  /**
   * Starts a stream whose headers are written.
   * @param socket the connection of the response. Its `close` event is reliable; a pipelined response may never emit one.
   * @param lastId the last event id that the client says it received; undefined if it sent none
   */
  open(response: Writable, socket: Socket, { actor, wants, endsAt }: Reading<Item>, lastId: string | undefined): void {
    if (socket.destroyed) return; // The client left before it was served.
    const reader = new StreamReader(this.log, response, actor, wants, lastId);
    this.readers.add(reader);
    this.limits.take(actor, socket);
    this.heartbeat ??= setInterval(() => this.beat(), HEARTBEAT_MS);
    socket.once('close', () => this.remove(reader));
    if (endsAt !== Infinity) this.endAt(endsAt, reader, socket);
    reader.pump();
  }

  /** Ends every stream. A client that resumes at a service that is alone gets `reset`. */
  endAll(): void {
    this.end([...this.readers], (reader) => reader.end());
    this.source.interrupt();
  }

  /** Ends the streams of a key that may no longer be used as it was. */
  endOf(keyId: string): void {
    const ending = [...this.readers].filter(({ actor }) => actor.id === keyId);
    this.end(ending, (reader) => reader.endUnauthenticated());
  }

  /** Ends the stream of a session with it. @param endsAt at most 24 days away, which is the longest time of a timer */
  private endAt(endsAt: number, reader: StreamReader<Item>, socket: Socket): void {
    const end = () => this.end([reader], () => reader.endUnauthenticated());
    const timer = setTimeout(end, Math.max(0, endsAt - Date.now())).unref();
    socket.once('close', () => clearTimeout(timer));
  }

  private end(ending: readonly StreamReader<Item>[], how: (reader: StreamReader<Item>) => void): void {
    for (const reader of ending) {
      how(reader);
      this.remove(reader);
    }
    if (ending.length > 0) setTimeout(() => ending.forEach((reader) => reader.cutOff()), END_MS).unref();
  }

  private remove(reader: StreamReader<Item>): void {
    if (!this.readers.delete(reader)) return; // It has ended already; now its connection has closed, too.
    this.limits.release();
    if (this.readers.size > 0) return;
    clearInterval(this.heartbeat);
    this.heartbeat = undefined;
  }

  /** Wakes readers once per turn of the event loop, so that many simultaneous items cost each reader few writes. */
  private wakeSoon(): void {
    if (this.isWakingUp || this.readers.size === 0) return;
    this.isWakingUp = true;
    setImmediate(() => {
      this.isWakingUp = false;
      for (const reader of this.readers) this.wake(reader);
    });
  }

  private wake(reader: StreamReader<Item>): void {
    if (!reader.hasFallenBehind) return reader.pump();
    this.logger.warn({ changesKept: this.options.kept }, 'a stream reader was too slow and was disconnected');
    this.limits.noteCut();
    reader.cutOff();
    this.remove(reader);
  }

  private beat(): void {
    for (const reader of this.readers) reader.beat();
  }
}
