import { randomBytes, randomUUID } from 'node:crypto';
import type { NatsConnection } from '@nats-io/transport-node';
import type { PinoLogger } from 'nestjs-pino';
import type { LogEntry, LogListener, LogOptions, ReplicaLog } from '../replica-bus';
import { messageOf, textOf } from './message-text';
import { NatsStream } from './nats-stream';

/** A server that is back within this time has missed nothing: what was appended meanwhile waits for it. */
const GRACE_MS = 2000;
/** No more items than this wait while the server is away. */
const WAITING = 20_000;

interface Place {
  readonly name: string;
  readonly subject: string;
  readonly replicas: number;
}

/**
 * A log whose order is that of a stream, for every replica the same. While the server is away for longer, it is a log of this replica
 * alone, under another name; what was appended then is stored when the server is back.
 */
export class NatsLog<Item> implements ReplicaLog<Item> {
  private readonly stream: NatsStream;
  private readonly subject: string;
  private listener: LogListener<Item> | null = null;
  /** What is replayed, until all of it is here; null while nothing is. */
  private replay: { name: string; after: number; end: number; entries: LogEntry<Item>[] } | null = null;
  /** The position in the log of this replica alone; null while the log is shared. */
  private alone: number | null = null;
  /** Where the shared log is. */
  private name = '';
  private position = 0;
  private grace: NodeJS.Timeout | undefined;

  constructor(
    { name, subject, replicas }: Place,
    private readonly options: LogOptions<Item>,
    logger: PinoLogger,
  ) {
    this.subject = subject;
    this.stream = new NatsStream(
      { name, subject, replicas, keeps: options.kept },
      WAITING,
      {
        onReplay: (start, after) => (this.replay = { name: nameOf(start), after, end: after, entries: [] }),
        onMessage: (position, _, { data }) => this.hear(position, data),
        onReplayed: () => this.begin(),
      },
      logger,
    );
  }

  append(item: Item): void {
    const id = randomUUID();
    this.stream.put(id, { id, subject: this.subject, text: textOf(this.options.codec.encode(item)) });
    if (this.alone === null) return;
    this.alone += 1;
    this.listener?.onItem(this.alone, item);
  }

  follow(listener: LogListener<Item>): void {
    this.listener = listener;
    this.goAlone();
  }

  interrupt(): void {
    // Other replicas go on.
  }

  onUp(connection: NatsConnection): void {
    this.stream.onUp(connection);
  }

  onDown(): void {
    this.stream.onDown();
    clearTimeout(this.grace);
    if (this.alone === null) this.grace = setTimeout(() => this.goAlone(), GRACE_MS).unref();
  }

  flushed(): Promise<void> {
    return this.stream.flushed();
  }

  private hear(position: number, data: Uint8Array): void {
    const item = this.options.codec.decode(messageOf(data));
    if (this.replay) {
      if (position !== this.replay.end + 1) this.replay = { ...this.replay, after: position - 1, entries: [] };
      this.replay.end = position;
      if (item !== null) this.replay.entries.push([position, item]);
      return;
    }
    const isNext = position === this.position + 1;
    this.share(this.name, position);
    // The server drops the oldest items, and may do so before it has sent them.
    if (!isNext) this.listener?.onBegin(this.name, position - 1, []);
    if (item !== null) this.listener?.onItem(position, item);
  }

  private begin(): void {
    const { replay } = this;
    if (!replay) return;
    this.replay = null;
    this.share(replay.name, replay.end);
    this.listener?.onBegin(replay.name, replay.after, replay.entries);
  }

  private goAlone(): void {
    this.stream.forget();
    this.alone = 0;
    this.listener?.onBegin(randomBytes(8).toString('hex'), 0, []);
  }

  private share(name: string, position: number): void {
    clearTimeout(this.grace);
    this.alone = null;
    this.name = name;
    this.position = position;
  }
}

/** When the stream was created, as it can stand in the id of an event: digits only. */
function nameOf(start: string): string {
  return start.replace(/\D/g, '');
}
