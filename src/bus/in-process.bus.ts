import { randomBytes } from 'node:crypto';
import type { Address, Answerer, LatestValues, LogListener, Message, ReplicaLog, ValuesListener } from './replica-bus';
import { AnswerFailedError, NoAnswerError, NobodyAnswersError, ReplicaBus } from './replica-bus';

/** The bus of a service that is alone: everything stays in this process, and no message is written or read. */
export class InProcessBus extends ReplicaBus {
  readonly isShared = false;
  readonly values: LatestValues = new ValuesInProcess();
  private readonly answerers = new Map<Address, Set<Answerer>>();

  log<Item>(): ReplicaLog<Item> {
    return new LogInProcess<Item>();
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  async ask(address: Address, question: Message, timeoutMs: number): Promise<Message> {
    const [answerer] = this.answerers.get(address) ?? [];
    if (!answerer) throw new NobodyAnswersError(address);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NoAnswerError(address, timeoutMs)), timeoutMs);
    });
    try {
      return await Promise.race([Promise.resolve(question).then(answerer), late]);
    } catch (error) {
      throw error instanceof NoAnswerError ? error : new AnswerFailedError(address, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  tell(address: Address, message: Message): void {
    for (const answerer of this.answerers.get(address) ?? []) {
      void Promise.resolve(message)
        .then(answerer)
        .catch(() => undefined);
    }
  }

  answer(address: Address, answerer: Answerer): () => void {
    const answerers = this.answerers.get(address) ?? new Set();
    this.answerers.set(address, answerers.add(answerer));
    return () => {
      answerers.delete(answerer);
      if (answerers.size === 0) this.answerers.delete(address);
    };
  }
}

class ValuesInProcess implements LatestValues {
  private readonly listeners = new Set<ValuesListener>();

  post(key: string, value: Message): void {
    for (const listener of this.listeners) listener.onValue(key, value);
  }

  follow(listener: ValuesListener): void {
    this.listeners.add(listener);
  }
}

/** Keeps nothing: its only listener does. */
class LogInProcess<Item> implements ReplicaLog<Item> {
  private position = 0;
  private listener: LogListener<Item> | null = null;

  append(item: Item): void {
    this.position += 1;
    this.listener?.onItem(this.position, item);
  }

  follow(listener: LogListener<Item>): void {
    this.listener = listener;
    this.interrupt();
  }

  interrupt(): void {
    this.position = 0;
    this.listener?.onBegin(randomBytes(8).toString('hex'), 0, []);
  }
}
