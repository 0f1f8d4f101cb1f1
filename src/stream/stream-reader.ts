import type { Writable } from 'node:stream';
import type { Actor } from '../common/actor';
import type { StreamLog } from './stream-log';
import { endEvent, greeting, heartbeat, resetEvent, startEvent } from './stream-text';

/** Size at which a single write stops growing. With the response's buffer it bounds the memory a stalled reader can hold. */
const CHUNK_CHARACTERS = 16_384;

/**
 * One reader of the stream: a position in the log, without a queue of its own. It writes until the response is full, and continues
 * when that has drained.
 */
export class StreamReader<Item> {
  private position: number;
  private isBlocked = false;

  /**
   * @param actor who reads
   * @param wants whether the reader gets an item: it is within the actor's reach, and matches the filter
   * @param lastId the last id that the reader received; undefined to start with the next item
   */
  constructor(
    private log: StreamLog<Item>,
    private readonly response: Writable,
    readonly actor: Actor,
    private readonly wants: (item: Item) => boolean,
    lastId: string | undefined,
  ) {
    const resumed = lastId === undefined ? log.end : log.positionOf(lastId);
    this.position = resumed ?? log.end;
    response.on('drain', () => {
      this.isBlocked = false;
      this.pump();
    });
    const first = resumed === null ? resetEvent(this.id) : startEvent(this.id, lastId !== undefined);
    this.write(greeting + first);
  }

  /** Whether the log has dropped items that the reader has not passed. */
  get hasFallenBehind(): boolean {
    return this.position < this.log.start;
  }

  /** Goes on at the end of a log, after something that the reader may have missed. */
  reset(log: StreamLog<Item>): void {
    this.log = log;
    this.position = log.end;
    this.write(resetEvent(this.id));
  }

  /** Writes new events until the response is full. */
  pump(): void {
    while (!this.isBlocked && !this.hasFallenBehind && this.position < this.log.end) this.write(this.nextChunk());
  }

  /** Sends the current id. With a filter that matches little, the client's last id would become too old to resume from. */
  beat(): void {
    this.pump();
    if (!this.isBlocked) this.write(heartbeat(this.id));
  }

  /** Writes what the response takes, then ends it. */
  end(): void {
    this.pump();
    this.response.end();
  }

  /** Ends the stream of a reader that may no longer read: nothing more is sent but the reason. */
  endUnauthenticated(): void {
    if (!this.response.writableEnded) this.response.end(endEvent('UNAUTHENTICATED'));
  }

  /** Ends the connection at once. Unsent data is lost. */
  cutOff(): void {
    this.response.destroy();
  }

  private get id(): string {
    return this.log.idOf(this.position);
  }

  private nextChunk(): string {
    let chunk = '';
    for (const event of this.log.after(this.position)) {
      this.position = event.position;
      if (this.wants(event.item)) chunk += event.text;
      if (chunk.length >= CHUNK_CHARACTERS) return chunk;
    }
    this.position = this.log.end; // The last numbers may be those of items that were left out.
    return chunk;
  }

  private write(text: string): void {
    if (text === '' || this.response.destroyed || this.response.writableEnded) return;
    this.isBlocked = !this.response.write(text);
  }
}
