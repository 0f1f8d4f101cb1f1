import {
  DeliverPolicy,
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import type { ConsumerMessages, JetStreamManager, JsMsg, PushConsumer, StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { nanos } from '@nats-io/transport-node';

const API_TIMEOUT_MS = 2000;
/** How long the server recognizes a message that is sent again. */
const REPETITION_MS = 120_000;

/** A stream, and what of it is replayed to those who come late. */
export interface StreamSettings {
  readonly name: string;
  readonly subject: string;
  readonly replicas: number;
  /** `latest`: keeps the latest message of each subject. A number: keeps that many messages in all. */
  readonly keeps: 'latest' | number;
}

/** What is heard of a stream. */
export interface StreamListener {
  /**
   * Everything that is kept follows, up to `onReplayed`, because what was heard before does not lead up to it.
   * @param start when the stream was created: another one if the server has lost it
   * @param after the position before the first message that follows
   */
  onReplay(start: string, after: number): void;
  onMessage(position: number, subject: string, data: JsMsg): void;
  /** Everything that was kept has been heard; what follows is new. */
  onReplayed(): void;
}

/** Follows a stream, without a gap or a repetition, for as long as the stream lasts. Creates it where it is missing. */
export class FollowedStream {
  private start = '';
  private position = 0;
  private replayUntil: number | null = null;
  private messages: ConsumerMessages | null = null;
  private turn = 0;

  constructor(
    private readonly settings: StreamSettings,
    private readonly listener: StreamListener,
  ) {}

  /** Follows on, after the connection was made. Rejects if the server cannot do this now. */
  async open(connection: NatsConnection): Promise<void> {
    const turn = (this.turn += 1);
    const manager = await jetstreamManager(connection, { timeout: API_TIMEOUT_MS, checkAPI: false });
    const info = await ensure(manager, this.settings);
    if (turn !== this.turn) return;
    const consumer = await this.consumerFrom(connection, this.firstPosition(info));
    if (turn !== this.turn) return;
    this.messages = await consumer.consume({ callback: (message) => this.take(turn, message) });
    if (turn !== this.turn) return void this.messages.close();
    if (this.replayUntil !== null && info.state.messages === 0) this.replayed();
  }

  /** Whether the stream is still the one that is followed. Rejects if the server does not say. */
  async isPresent(connection: NatsConnection): Promise<boolean> {
    const manager = await jetstreamManager(connection, { timeout: API_TIMEOUT_MS, checkAPI: false });
    return (await manager.streams.info(this.settings.name)).created === this.start;
  }

  /** The next `open` replays everything. */
  forget(): void {
    this.start = '';
  }

  /** Hears nothing more until `open`. */
  close(): void {
    this.turn += 1;
    const { messages } = this;
    this.messages = null;
    void messages?.close();
  }

  /** Where to go on. Null: with the latest message of each subject. */
  private firstPosition({ created, state }: StreamInfo): number | null {
    const isContinued = created === this.start && state.first_seq <= this.position + 1 && this.replayUntil === null;
    if (isContinued) return this.position + 1;
    this.start = created;
    this.replayUntil = state.last_seq;
    const { keeps } = this.settings;
    const first = keeps === 'latest' ? null : Math.max(state.first_seq, state.last_seq - keeps + 1, 1);
    this.position = first === null ? 0 : first - 1;
    this.listener.onReplay(created, this.position);
    return first;
  }

  private consumerFrom(connection: NatsConnection, first: number | null): Promise<PushConsumer> {
    const { name, subject } = this.settings;
    return jetstream(connection, { timeout: API_TIMEOUT_MS }).consumers.getPushConsumer(name, {
      filter_subjects: subject,
      ...(first === null
        ? { deliver_policy: DeliverPolicy.LastPerSubject }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: first }),
    });
  }

  private take(turn: number, message: JsMsg): void {
    if (turn !== this.turn) return;
    this.position = message.seq;
    this.listener.onMessage(message.seq, message.subject, message);
    if (this.replayUntil !== null && (message.seq >= this.replayUntil || message.info.pending === 0)) this.replayed();
  }

  private replayed(): void {
    this.replayUntil = null;
    this.listener.onReplayed();
  }
}

/** The stream, created if it is missing. Of several that create it at once, all succeed. */
async function ensure(manager: JetStreamManager, settings: StreamSettings): Promise<StreamInfo> {
  const { name, subject, replicas, keeps } = settings;
  const config = {
    name,
    subjects: [subject],
    storage: StorageType.Memory,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    num_replicas: replicas,
    duplicate_window: nanos(REPETITION_MS),
    ...(keeps === 'latest' ? { max_msgs_per_subject: 1 } : { max_msgs: keeps }),
  };
  try {
    return await manager.streams.info(name);
  } catch {
    return manager.streams.add(config);
  }
}
