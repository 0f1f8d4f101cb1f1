/** Whole numbers from `from` to `to`, both included. */
export interface IntRange {
  readonly from: number;
  readonly to: number;
}

/** A set of whole numbers: ascending ranges that neither overlap nor touch. */
export type IntRanges = readonly IntRange[];

export const EMPTY: IntRanges = [];

export function rangesOf(ranges: readonly IntRange[]): IntRanges {
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (from > to) continue;
    const last = merged.at(-1);
    if (last && from <= last.to + 1) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

export function rangesOfNumbers(numbers: Iterable<number>): IntRanges {
  return rangesOf([...numbers].map((number) => ({ from: number, to: number })));
}

export function union(a: IntRanges, b: IntRanges): IntRanges {
  return a.length === 0 ? b : b.length === 0 ? a : rangesOf([...a, ...b]);
}

export function subtract(a: IntRanges, b: IntRanges): IntRanges {
  const rest: IntRange[] = [];
  const holes = b.values();
  let hole = holes.next().value;
  for (const { from, to } of a) {
    let start = from;
    while (hole !== undefined && hole.from <= to) {
      if (hole.from > start) rest.push({ from: start, to: hole.from - 1 });
      start = Math.max(start, hole.to + 1);
      if (hole.to > to) break; // It may reach into the next range, too.
      hole = holes.next().value;
    }
    if (start <= to) rest.push({ from: start, to });
  }
  return rest;
}

export function contains(ranges: IntRanges, number: number): boolean {
  return intersects(ranges, { from: number, to: number });
}

export function intersects(ranges: IntRanges, { from, to }: IntRange): boolean {
  return (firstThatEndsFrom(ranges, from)?.from ?? Infinity) <= to;
}

/** Whether all numbers of the range are in the set. */
export function covers(ranges: IntRanges, { from, to }: IntRange): boolean {
  if (from > to) return true;
  const found = firstThatEndsFrom(ranges, from);
  return found !== undefined && found.from <= from && to <= found.to;
}

/** The first range that ends at this number or after it. */
function firstThatEndsFrom(ranges: IntRanges, number: number): IntRange | undefined {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.to ?? Infinity) < number) low = middle + 1;
    else high = middle;
  }
  return ranges[low];
}

/** The numbers between the lowest and the highest of the set that are not in it. */
export function holesIn(ranges: IntRanges): IntRanges {
  const lowest = lowestOf(ranges);
  const highest = highestOf(ranges);
  return lowest === null || highest === null ? EMPTY : subtract([{ from: lowest, to: highest }], ranges);
}

export function lowestOf(ranges: IntRanges): number | null {
  return ranges.at(0)?.from ?? null;
}

export function highestOf(ranges: IntRanges): number | null {
  return ranges.at(-1)?.to ?? null;
}
