import { jetstream } from '@nats-io/jetstream';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { PinoLogger } from 'nestjs-pino';
import { FollowedStream } from './followed-stream';
import type { StreamListener, StreamSettings } from './followed-stream';
import { Outbox } from './outbox';
import type { Outgoing } from './outbox';

const CONFIRM_MS = 2000;
const AGAIN_MS = 500;
/** How often to check that the stream exists: deleting it on the server ends no connection. */
const CHECK_MS = 5000;

/** One stream of the server: what this replica stores in it, and what it hears of it. Goes on by itself after every failure. */
export class NatsStream {
  private readonly outbox: Outbox;
  private readonly followed: FollowedStream;
  private connection: NatsConnection | null = null;
  private again: NodeJS.Timeout | undefined;
  private check: NodeJS.Timeout | undefined;

  /** @param waiting how many messages may wait while the server is away */
  constructor(
    private readonly settings: StreamSettings,
    waiting: number,
    listener: StreamListener,
    private readonly logger: PinoLogger,
  ) {
    this.followed = new FollowedStream(settings, listener);
    this.outbox = new Outbox(waiting, (error) => this.tryAgain(error));
  }

  put(key: string, message: Outgoing): void {
    this.outbox.put(key, message);
  }

  onUp(connection: NatsConnection): void {
    this.connection = connection;
    void this.open(connection);
  }

  onDown(): void {
    this.connection = null;
    this.halt();
  }

  /** Hears everything that is kept once more, when the server is back. */
  forget(): void {
    this.followed.forget();
  }

  flushed(): Promise<void> {
    return this.outbox.flushed();
  }

  private async open(connection: NatsConnection): Promise<void> {
    try {
      await this.followed.open(connection);
    } catch (error) {
      this.tryAgain(error);
      return;
    }
    if (connection !== this.connection) return;
    const client = jetstream(connection, { timeout: CONFIRM_MS });
    this.outbox.open((message) => store(client, message));
    clearInterval(this.check);
    this.check = setInterval(() => void this.look(connection), CHECK_MS).unref();
  }

  /** After a stream that cannot be opened, or a message that is not confirmed: the server may have lost the stream. */
  private tryAgain(error: unknown): void {
    const { connection, settings } = this;
    if (!connection) return;
    this.logger.warn({ err: error, stream: settings.name }, 'a stream of NATS cannot be used, trying again');
    this.halt();
    this.again = setTimeout(() => void this.open(connection), AGAIN_MS).unref();
  }

  private halt(): void {
    clearTimeout(this.again);
    clearInterval(this.check);
    this.outbox.close();
    this.followed.close();
  }

  private async look(connection: NatsConnection): Promise<void> {
    try {
      if (!(await this.followed.isPresent(connection))) throw new Error('the stream was replaced');
    } catch (error) {
      if (connection === this.connection) this.tryAgain(error);
    }
  }
}

function store(client: JetStreamClient, { subject, text, id }: Outgoing): Promise<unknown> {
  return client.publish(subject, text, { timeout: CONFIRM_MS, ...(id !== undefined && { msgID: id }) });
}
