import type { NatsConnection } from '@nats-io/transport-node';
import type { PinoLogger } from 'nestjs-pino';
import type { LatestValues, Message, ValuesListener } from '../replica-bus';
import { messageOf, textOf } from './message-text';
import { NatsStream } from './nats-stream';

/** No more keys than this wait while the server is away. */
const WAITING = 200_000;

/** The latest value of each key: a stream with a subject for each, of which the server keeps the last message. */
export class NatsValues implements LatestValues {
  private readonly stream: NatsStream;
  private listener: ValuesListener | null = null;

  /** @param prefix of the subjects, with a dot at its end */
  constructor(
    name: string,
    private readonly prefix: string,
    replicas: number,
    logger: PinoLogger,
  ) {
    this.stream = new NatsStream(
      { name, subject: `${prefix}>`, replicas, keeps: 'latest' },
      WAITING,
      {
        // Posted again only once the stream is open: what it keeps must not come after what this replica knows first-hand.
        onReplay: () => undefined,
        onMessage: (_, subject, message) => this.hear(subject, message.data),
        onReplayed: () => this.listener?.onEmptied(),
      },
      logger,
    );
  }

  post(key: string, value: Message): void {
    const subject = this.prefix + key;
    this.stream.put(subject, { subject, text: textOf(value) });
  }

  follow(listener: ValuesListener): void {
    this.listener = listener;
  }

  onUp(connection: NatsConnection): void {
    this.stream.onUp(connection);
  }

  onDown(): void {
    this.stream.onDown();
  }

  flushed(): Promise<void> {
    return this.stream.flushed();
  }

  private hear(subject: string, data: Uint8Array): void {
    const value = messageOf(data);
    if (value !== undefined) this.listener?.onValue(subject.slice(this.prefix.length), value);
  }
}
