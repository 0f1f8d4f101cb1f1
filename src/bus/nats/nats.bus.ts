import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { RequestError } from '@nats-io/transport-node';
import type { PinoLogger } from 'nestjs-pino';
import { atMost } from '../../common/at-most';
import { AnswerFailedError, NoAnswerError, NobodyAnswersError, ReplicaBus } from '../replica-bus';
import type { Address, Answerer, LogOptions, Message, ReplicaLog } from '../replica-bus';
import { messageOf, textOf } from './message-text';
import { NatsLink } from './nats-link';
import { NatsLog } from './nats-log';
import type { NatsSettings } from './nats-settings';
import { NatsValues } from './nats-values';

const LAST_WORDS_MS = 1000;

/** What is answered: a value, or that the answerer failed. */
interface Reply {
  readonly value?: Message;
  readonly failed?: true;
}

/** What follows the connection. */
interface Part {
  onUp(connection: NatsConnection): void;
  onDown(): void;
  flushed(): Promise<void>;
}

interface Answering {
  readonly address: Address;
  readonly answerer: Answerer;
  subscription: Subscription | null;
}

/** The bus over a NATS server: requests by subject, values and logs in streams that the server keeps in its memory. */
export class NatsBus extends ReplicaBus {
  readonly isShared = true;
  readonly values: NatsValues;
  private readonly link: NatsLink;
  private readonly parts: Part[] = [];
  private readonly answering = new Set<Answering>();

  constructor(
    private readonly settings: NatsSettings,
    private readonly logger: PinoLogger,
  ) {
    super();
    const { cluster, streamReplicas } = settings;
    this.values = new NatsValues(`HUB_${cluster}_STATUS`, `hub.${cluster}.status.`, streamReplicas, logger);
    this.parts.push(this.values);
    this.link = new NatsLink(
      settings,
      { onUp: (connection) => this.onUp(connection), onDown: () => this.parts.forEach((part) => part.onDown()) },
      logger,
    );
  }

  log<Item>(name: string, options: LogOptions<Item>): ReplicaLog<Item> {
    const { cluster, streamReplicas: replicas } = this.settings;
    const place = { name: `HUB_${cluster}_${name}`, subject: `hub.${cluster}.log.${name}`, replicas };
    const log = new NatsLog(place, options, this.logger);
    this.parts.push(log);
    return log;
  }

  start(): Promise<void> {
    this.link.start();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    if (this.link.present) await atMost(LAST_WORDS_MS, Promise.all(this.parts.map((part) => part.flushed())));
    for (const part of this.parts) part.onDown();
    await this.link.stop();
  }

  async ask(address: Address, question: Message, timeoutMs: number): Promise<Message> {
    const connection = this.link.present;
    if (!connection) throw new NobodyAnswersError(address);
    let reply: Reply;
    try {
      const answer = await connection.request(this.subjectOf(address), textOf(question), { timeout: timeoutMs });
      reply = answer.json<Reply>();
    } catch (error) {
      if (error instanceof RequestError && error.isNoResponders()) {
        throw new NobodyAnswersError(address, { cause: error });
      }
      throw new NoAnswerError(address, timeoutMs, { cause: error });
    }
    if (reply.failed) throw new AnswerFailedError(address);
    return reply.value;
  }

  tell(address: Address, message: Message): void {
    this.link.present?.publish(this.subjectOf(address), textOf(message));
  }

  answer(address: Address, answerer: Answerer): () => void {
    const answering: Answering = { address, answerer, subscription: null };
    this.answering.add(answering);
    const connection = this.link.present;
    if (connection) this.subscribe(connection, answering);
    return () => {
      this.answering.delete(answering);
      answering.subscription?.unsubscribe();
    };
  }

  private onUp(connection: NatsConnection): void {
    for (const answering of this.answering) this.subscribe(connection, answering);
    for (const part of this.parts) part.onUp(connection);
  }

  /** The client subscribes again by itself after a lost connection. */
  private subscribe(connection: NatsConnection, answering: Answering): void {
    answering.subscription ??= connection.subscribe(this.subjectOf(answering.address), {
      callback: (_, message) => void this.respond(message, answering),
    });
  }

  private async respond(message: Msg, { address, answerer }: Answering): Promise<void> {
    const question = messageOf(message.data);
    if (question === undefined) return;
    let reply: Reply;
    try {
      reply = { value: await answerer(question) };
    } catch (error) {
      this.logger.error({ err: error, address }, 'a question from another replica could not be answered');
      reply = { failed: true };
    }
    if (message.reply) message.respond(JSON.stringify(reply));
  }

  private subjectOf(address: Address): string {
    return `hub.${this.settings.cluster}.${address}`;
  }
}
