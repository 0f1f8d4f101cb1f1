import { randomBytes } from 'node:crypto';
import type { StateChange } from '../status/state-change';
import { stateEvent } from './stream-text';

/** A state change as an event of the stream. */
export class StreamEvent {
  private rendered: string | null = null;

  /** @param position the number of the change in the log */
  constructor(
    private readonly log: StateChangeLog,
    private readonly position: number,
    readonly change: StateChange,
  ) {}

  /** Rendered once for all readers, when the first of them needs it. */
  get text(): string {
    this.rendered ??= stateEvent(this.log.idOf(this.position), this.change);
    return this.rendered;
  }
}

/**
 * The latest state changes of the fleet, shared by all readers, which have no queues of their own. They are numbered from 1. A
 * position is the number of the last state change that a reader has processed.
 */
export class StateChangeLog {
  /** Number of state changes so far, which is the position of a reader that has processed them all. */
  end = 0;
  /** Distinguishes the ids of this log from those of any other. */
  private readonly boot = randomBytes(8).toString('hex');
  /** A ring buffer: the index of a state change is its number modulo the capacity. */
  private readonly events: StreamEvent[] = [];

  /** @param capacity how many state changes are kept */
  constructor(private readonly capacity: number) {}

  /** The earliest position from which nothing is missing. */
  get start(): number {
    return Math.max(0, this.end - this.capacity);
  }

  append(change: StateChange): void {
    this.end += 1;
    this.events[this.end % this.capacity] = new StreamEvent(this, this.end, change);
  }

  /** The state changes after a position, oldest first. The position must not be before `start`. */
  *after(position: number): Generator<StreamEvent> {
    for (let number = position + 1; number <= this.end; number += 1) {
      const event = this.events[number % this.capacity];
      if (event) yield event;
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
