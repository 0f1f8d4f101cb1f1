/** Whole numbers as sorted ranges: small, however many numbers, as long as they are mostly in a row. */
export class RangeSet {
  private readonly ranges: [from: number, to: number][] = [];

  /** Adds the numbers `from` to `to`, both inclusive. */
  add(from: number, to = from): void {
    if (to < from) return;
    const last = this.ranges.at(-1);
    if (last?.[1] === from - 1) {
      last[1] = to; // Mostly, a new number follows the highest one.
      return;
    }
    // The first range that touches the new one, and the first beyond it.
    const start = this.indexFrom(from - 1);
    let end = start;
    for (let range = this.ranges[end]; range && range[0] <= to + 1; range = this.ranges[++end]) {
      from = Math.min(from, range[0]);
      to = Math.max(to, range[1]);
    }
    this.ranges.splice(start, end - start, [from, to]);
  }

  has(value: number): boolean {
    const range = this.ranges[this.indexFrom(value)];
    return range !== undefined && range[0] <= value;
  }

  /** The ranges, both ends inclusive, in ascending order. */
  toJSON(): readonly (readonly [from: number, to: number])[] {
    return this.ranges;
  }

  /** Index of the first range that ends at `value` or later. */
  private indexFrom(value: number): number {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ranges[middle]?.[1] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
