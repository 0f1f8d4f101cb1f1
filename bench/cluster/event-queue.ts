interface Event {
  readonly at: number;
  /** In the order of `push`. */
  readonly turn: number;
  readonly run: () => void;
}

/** What happens when: a heap by time, and at the same time in the order in which it was added. */
export class EventQueue {
  private readonly heap: Event[] = [];
  private turns = 0;

  /** When the next event is due; infinite if there is none. */
  get nextAt(): number {
    return this.heap[0]?.at ?? Infinity;
  }

  push(at: number, run: () => void): void {
    const event = { at, turn: (this.turns += 1), run };
    let index = this.heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.heap[parent];
      if (!above || isBefore(above, event)) break;
      this.heap[index] = above;
      index = parent;
    }
    this.heap[index] = event;
  }

  pop(): Event | undefined {
    const [first] = this.heap;
    const last = this.heap.pop();
    if (last && this.heap.length > 0) this.sink(last);
    return first;
  }

  private sink(event: Event): void {
    const { heap } = this;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      let below = heap[child];
      if (!below) break;
      const other = heap[child + 1];
      if (other && isBefore(other, below)) [child, below] = [child + 1, other];
      if (isBefore(event, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = event;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.turn < other.turn);
}
