import { randomBytes } from 'node:crypto';
import { timeOf } from '../../common/clock';
import type { ConnectionRecord } from '../connection.registry';
import { stateEvent } from './stream-text';

/** One move of one connection, and its record as it stood then. */
export class Move {
  private readonly at = performance.now();
  private rendered: string | null = null;

  constructor(
    private readonly id: string,
    readonly record: ConnectionRecord,
  ) {}

  /** Made once, for all readers, when the first of them needs it. */
  get text(): string {
    this.rendered ??= stateEvent(this.id, this.record, timeOf(this.at));
    return this.rendered;
  }
}

/**
 * The last moves of the fleet, shared by all readers: the only place where moves wait for a slow one. They are numbered from 1
 * on; a position is the number of the last move that was passed.
 */
export class MoveLog {
  /** How many moves there have been, which is the position of who has passed them all. */
  end = 0;
  /** Tells the ids of this log from those of any other. */
  private readonly boot = randomBytes(8).toString('hex');
  /** A ring: a move's place is its number modulo the capacity. */
  private readonly moves: Move[] = [];

  /** @param capacity how many moves are kept */
  constructor(private readonly capacity: number) {}

  /** The earliest position from which nothing is missing. */
  get start(): number {
    return Math.max(0, this.end - this.capacity);
  }

  /** Keeps a copy of the record, which goes on to change. */
  append(record: ConnectionRecord): void {
    this.end += 1;
    this.moves[this.end % this.capacity] = new Move(this.idOf(this.end), copyOf(record));
  }

  /** The moves after a position, oldest first; the position must not be before the start. */
  *after(position: number): Generator<Move> {
    for (let number = position + 1; number <= this.end; number += 1) {
      const move = this.moves[number % this.capacity];
      if (move) yield move;
    }
  }

  idOf(position: number): string {
    return `${this.boot}-${position}`;
  }

  /** The position that an id stands for; null when the moves after it are not all here. */
  positionOf(id: string): number | null {
    const [boot, number, ...more] = id.split('-');
    if (boot !== this.boot || number === undefined || !/^\d+$/.test(number) || more.length > 0) return null;
    const position = Number(number);
    return position >= this.start && position <= this.end ? position : null;
  }
}

/** The gateway in it is replaced when it changes, and so need not be copied. */
function copyOf(record: ConnectionRecord): ConnectionRecord {
  if (record.state !== 'disconnected') return { ...record };
  // Also when the gateway was deleted while it was wanted: nobody wants it connected any more.
  return { ...record, gateway: { ...record.gateway, desiredState: 'disconnected' } };
}
