/** Where a question goes: to the owner of a shard, to one replica by its id, or to every replica. */
export type Address = `shard.${number}` | `replica.${string}` | 'everyone';

/** What crosses the bus: anything that JSON can hold. */
export type Message = unknown;

/** Answers a question, or hears what was told. */
export type Answerer = (message: Message) => Message;

/** Nobody answers at the address: it has no owner, or this replica is cut off from the bus. Known at once. */
export class NobodyAnswersError extends Error {
  override readonly name = 'NobodyAnswersError';

  constructor(address: Address, options?: ErrorOptions) {
    super(`nobody answers at ${address}`, options);
  }
}

/** Somebody was asked and has not answered in time. The question may have been carried out. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';

  constructor(address: Address, timeoutMs: number, options?: ErrorOptions) {
    super(`no answer from ${address} within ${timeoutMs} ms`, options);
  }
}

/** The answerer failed. The cause is here if it is in this process; otherwise its replica has logged it. */
export class AnswerFailedError extends Error {
  override readonly name = 'AnswerFailedError';

  constructor(address: Address, options?: ErrorOptions) {
    super(`the answer from ${address} failed`, options);
  }
}

/** Hears of the latest value of each key. */
export interface ValuesListener {
  /** A value that is new, or newer than the one before; null if the key has none any more. Also what this replica has posted. */
  onValue(key: string, value: Message): void;
  /** The store has begun empty: everything that this replica knows first-hand must be posted again. */
  onEmptied(): void;
}

/** The latest value of each key, which every replica posts and follows. A replica that joins hears of all of them first. */
export interface LatestValues {
  /**
   * Posts a value; null ends the key. Values wait while the bus is away; of two for the same key, only the later one does.
   * @param key of letters, digits, `-` and `.`
   */
  post(key: string, value: Message): void;
  /** @param listener called from `start` on, in the order in which values are stored */
  follow(listener: ValuesListener): void;
}

/** An item of a log, and its position: positions grow by one with each item. */
export type LogEntry<Item> = readonly [position: number, item: Item];

/** Follows a log. */
export interface LogListener<Item> {
  /**
   * A log begins, at the start or in place of another one: what follows does not continue what was heard before.
   * @param name distinguishes it from every other log
   * @param after the position before the first of `kept`, or that of the latest item if there are none
   * @param kept the latest items, oldest first
   */
  onBegin(name: string, after: number, kept: readonly LogEntry<Item>[]): void;
  onItem(position: number, item: Item): void;
}

/** How items are written to the bus. Not used within one process. */
export interface LogCodec<Item> {
  encode(item: Item): Message;
  /** Null for what this version cannot read: it is passed over. */
  decode(message: Message): Item | null;
}

/** Items in one order for all replicas. */
export interface ReplicaLog<Item> {
  /** Adds an item. It reaches the listener with its position: within one process at once, otherwise a moment later. */
  append(item: Item): void;
  /** @param listener called from `start` on; only one */
  follow(listener: LogListener<Item>): void;
  /** Says that items are missing from here on. Where others append to the log too, it has no effect. */
  interrupt(): void;
}

/** How many items a log keeps for those who join or come back, and how they are written. */
export interface LogOptions<Item> {
  readonly kept: number;
  readonly codec: LogCodec<Item>;
}

/** What passes between the replicas of one service. It decides nothing: who owns what, only the database says. */
export abstract class ReplicaBus {
  /** Whether there can be other replicas. */
  abstract readonly isShared: boolean;
  /** The latest value of each key. */
  abstract readonly values: LatestValues;

  /**
   * A log. Call it before `start`, once for each name.
   * @param name in capitals, such as `CHANGES`
   */
  abstract log<Item>(name: string, options: LogOptions<Item>): ReplicaLog<Item>;

  /** Begins. Resolves at once, also while no other replica can be reached; that is no failure. */
  abstract start(): Promise<void>;

  /** Ends. What was posted and appended before is sent, unless the bus is away. */
  abstract stop(): Promise<void>;

  /**
   * Asks whoever answers at the address. A question is sent once.
   * @throws NobodyAnswersError at once, NoAnswerError, AnswerFailedError
   */
  abstract ask(address: Address, question: Message, timeoutMs: number): Promise<Message>;

  /** Tells everybody who answers at the address, this replica too if it does, and waits for nothing. May be lost. */
  abstract tell(address: Address, message: Message): void;

  /** Answers questions that are sent to an address. @returns a function that ends this */
  abstract answer(address: Address, answerer: Answerer): () => void;
}
