import { randomBytes } from 'node:crypto';

/** Renders an item as an event of the stream, with this id. */
export type RenderEvent<Item> = (id: string, item: Item) => string;

/** An item of a log, as an event of the stream. */
export class StreamEvent<Item> {
  private rendered: string | null = null;

  /** @param position the number of the item in the log */
  constructor(
    private readonly log: StreamLog<Item>,
    readonly position: number,
    readonly item: Item,
  ) {}

  /** Rendered once for all readers, when the first of them needs it. */
  get text(): string {
    this.rendered ??= this.log.render(this.log.idOf(this.position), this.item);
    return this.rendered;
  }
}

/**
 * The latest items of a stream, shared by all readers, which have no queues of their own. Their numbers grow, and some may be left out. A
 * position is the number of the last item that a reader has processed.
 */
export class StreamLog<Item> {
  /** Number of the latest item, which is the position of a reader that has processed them all. */
  end: number;
  /** A ring buffer: the index of an item is its number modulo the capacity. */
  private readonly events: StreamEvent<Item>[] = [];

  /**
   * @param capacity how many items are kept
   * @param name distinguishes the ids of this log from those of any other
   * @param first the position before its first item
   */
  constructor(
    private readonly capacity: number,
    readonly render: RenderEvent<Item>,
    private readonly name = randomBytes(8).toString('hex'),
    private readonly first = 0,
  ) {
    this.end = first;
  }

  /** The earliest position from which nothing is missing. */
  get start(): number {
    return Math.max(this.first, this.end - this.capacity);
  }

  /** @param number greater than that of the item before */
  append(item: Item, number = this.end + 1): void {
    this.end = number;
    this.events[this.end % this.capacity] = new StreamEvent(this, this.end, item);
  }

  /** The items after a position, oldest first. The position must not be before `start`. */
  *after(position: number): Generator<StreamEvent<Item>> {
    for (let number = position + 1; number <= this.end; number += 1) {
      const event = this.events[number % this.capacity];
      if (event?.position === number) yield event;
    }
  }

  idOf(position: number): string {
    return `${this.name}-${position}`;
  }

  /** The position of an id; null if the id is not of this log, or some items after it are no longer kept. */
  positionOf(id: string): number | null {
    const [name, number, ...more] = id.split('-');
    if (name !== this.name || number === undefined || !/^\d+$/.test(number) || more.length > 0) return null;
    const position = Number(number);
    return position >= this.start && position <= this.end ? position : null;
  }
}
