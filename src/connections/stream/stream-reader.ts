import type { Writable } from 'node:stream';
import type { ConnectionRecord } from '../connection.registry';
import type { StatusState } from '../connection-state';
import type { MoveLog } from './move-log';
import { greeting, heartbeat, resetEvent, startEvent } from './stream-text';

/** Written at once; with what the response holds already, all that a reader who does not read can cost. */
const CHUNK_CHARACTERS = 16_384;

/** Which moves a reader wants; all of them, unless told otherwise. */
export interface MoveFilter {
  readonly id?: string;
  readonly factoryId?: string;
  /** The state that was moved to. */
  readonly state?: StatusState;
}

/**
 * One reader of the stream: a position in the log, and no queue. It takes from the log what the response can hold, and goes on
 * when that has drained.
 */
export class StreamReader {
  private position: number;
  private isBlocked = false;

  /** @param lastId the last id that the reader has had; undefined for one who wants only what comes */
  constructor(
    private readonly log: MoveLog,
    private readonly response: Writable,
    private readonly filter: MoveFilter,
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

  /** Whether moves have left the log that it has not passed. */
  get hasFallenBehind(): boolean {
    return this.position < this.log.start;
  }

  /** Writes what is new, as far as the response takes it. */
  pump(): void {
    while (!this.isBlocked && !this.hasFallenBehind && this.position < this.log.end) this.write(this.nextChunk());
  }

  /** Tells where the reader is: with a filter that matches little, its last id would grow too old to resume from. */
  beat(): void {
    this.pump();
    if (!this.isBlocked) this.write(heartbeat(this.id));
  }

  /** Ends the stream in good order. */
  end(): void {
    this.pump();
    this.response.end();
  }

  /** Ends the connection at once, whatever is on its way. */
  cutOff(): void {
    this.response.destroy();
  }

  private get id(): string {
    return this.log.idOf(this.position);
  }

  private nextChunk(): string {
    let chunk = '';
    for (const move of this.log.after(this.position)) {
      this.position += 1;
      if (this.wants(move.record)) chunk += move.text;
      if (chunk.length >= CHUNK_CHARACTERS) break;
    }
    return chunk;
  }

  private wants({ gateway, state }: ConnectionRecord): boolean {
    const { filter } = this;
    return (
      (filter.id === undefined || filter.id === gateway.id) &&
      (filter.factoryId === undefined || filter.factoryId === gateway.factoryId) &&
      (filter.state === undefined || filter.state === state)
    );
  }

  private write(text: string): void {
    if (text === '' || this.response.destroyed || this.response.writableEnded) return;
    this.isBlocked = !this.response.write(text);
  }
}
