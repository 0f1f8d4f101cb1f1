/** A message that waits to be stored in a stream. */
export interface Outgoing {
  readonly subject: string;
  readonly text: string;
  /** Lets the server drop a repetition; undefined where a repetition does no harm. */
  readonly id?: string;
}

/** Stores a message. Rejects if the server has not said that it is stored. */
export type Send = (message: Outgoing) => Promise<unknown>;

const AT_ONCE = 256;

/**
 * Messages to a stream, in the order in which they were put. They wait while the bus is away. What the server has not confirmed is sent
 * again, in the same order.
 */
export class Outbox {
  private waiting = new Map<string, Outgoing>();
  private sent = new Map<string, Outgoing>();
  private send: Send | null = null;
  private settled: (() => void)[] = [];

  /**
   * @param limit how many messages may wait; the oldest are dropped for more
   * @param onFailure the server has not confirmed a message: call `open` when it can again
   */
  constructor(
    private readonly limit: number,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** @param key a message that waits under the same key is replaced */
  put(key: string, message: Outgoing): void {
    this.waiting.delete(key); // Set again, it is the last one.
    this.waiting.set(key, message);
    const [oldest] = this.waiting.size > this.limit ? this.waiting.keys() : [];
    if (oldest !== undefined) this.waiting.delete(oldest);
    this.pump();
  }

  /** Begins to send, with what was sent and not confirmed. */
  open(send: Send): void {
    this.close();
    this.send = send;
    this.pump();
  }

  /** Sends no more until `open`. */
  close(): void {
    this.send = null;
    this.settle();
    if (this.sent.size === 0) return;
    const later = this.waiting;
    this.waiting = new Map(this.sent);
    this.sent = new Map();
    for (const [key, message] of later) {
      this.waiting.delete(key);
      this.waiting.set(key, message);
    }
  }

  /** Resolves when every message is confirmed, or none can be sent. */
  async flushed(): Promise<void> {
    if (this.send && this.waiting.size + this.sent.size > 0) {
      await new Promise<void>((resolve) => this.settled.push(resolve));
    }
  }

  private pump(): void {
    const { send } = this;
    if (send) {
      for (const [key, message] of this.waiting) {
        if (this.sent.size >= AT_ONCE) break;
        if (this.sent.has(key)) continue; // Of one key, one at a time: a later value must not be overtaken.
        this.waiting.delete(key);
        this.sent.set(key, message);
        send(message).then(
          () => this.confirm(send, key),
          (error: unknown) => this.fail(send, error),
        );
      }
    }
    if (this.waiting.size + this.sent.size === 0) this.settle();
  }

  private settle(): void {
    for (const settle of this.settled.splice(0)) settle();
  }

  private confirm(send: Send, key: string): void {
    if (send !== this.send) return; // It is sent again already.
    this.sent.delete(key);
    this.pump();
  }

  private fail(send: Send, error: unknown): void {
    if (send !== this.send) return;
    this.close();
    this.onFailure(error);
  }
}
