import { randomBytes } from 'node:crypto';
import { timeOf } from '../common/clock';
import type { ConnectionRecord } from '../status/connection-record';
import { stateEvent } from './stream-text';

/** One state change of one connection, with its record at that moment. */
export class Move {
  private readonly at = performance.now();
  private rendered: string | null = null;

  constructor(
    private readonly id: string,
    readonly record: ConnectionRecord,
  ) {}

  /** Rendered once for all readers, when the first of them needs it. */
  get text(): string {
    this.rendered ??= stateEvent(this.id, this.record, timeOf(this.at));
    return this.rendered;
  }
}

/**
 * The latest state changes of the fleet, shared by all readers; a slow reader has no other queue. They are numbered from 1. A position
 * is the number of the last state change that a reader has passed.
 */
export class MoveLog {
  /** Number of state changes so far, which is the position of a reader that has passed them all. */
  end = 0;
  /** Distinguishes the ids of this log from those of any other. */
  private readonly boot = randomBytes(8).toString('hex');
  /** A ring buffer: the index of a state change is its number modulo the capacity. */
  private readonly moves: Move[] = [];

  /** @param capacity how many state changes are kept */
  constructor(private readonly capacity: number) {}

  /** The earliest position from which nothing is missing. */
  get start(): number {
    return Math.max(0, this.end - this.capacity);
  }

  /** Keeps a copy of the record, because the record changes later. */
  append(record: ConnectionRecord): void {
    this.end += 1;
    this.moves[this.end % this.capacity] = new Move(this.idOf(this.end), copyOf(record));
  }

  /** The state changes after a position, oldest first. The position must not be before `start`. */
  *after(position: number): Generator<Move> {
    for (let number = position + 1; number <= this.end; number += 1) {
      const move = this.moves[number % this.capacity];
      if (move) yield move;
    }
  }

  idOf(position: number): string {
    return `${this.boot}-${position}`;
  }

  /** The position of an id; null if the id is not of this log, or some state changes after it are no longer kept. */
  positionOf(id: string): number | null {
    const [boot, number, ...more] = id.split('-');
    if (boot !== this.boot || number === undefined || !/^\d+$/.test(number) || more.length > 0) return null;
    const position = Number(number);
    return position >= this.start && position <= this.end ? position : null;
  }
}

/** The gateway in the record need not be copied: it is replaced when it changes. */
function copyOf(record: ConnectionRecord): ConnectionRecord {
  if (record.state !== 'disconnected') return { ...record };
  // The row of a gateway that was deleted may still have the desired state `connected`.
  return { ...record, gateway: { ...record.gateway, desiredState: 'disconnected' } };
}
