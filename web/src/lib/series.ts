/** A value and where it stands, such as a time or a frequency. */
export interface Peak {
  readonly at: number;
  readonly value: number;
}

/** How many usual distances may be between two points before the line between them would claim what nobody measured. */
const BREAK = 3;

/** Where a line must be interrupted: indexes of points that are much further from the one before than is usual. @param at ascending */
export function breaksIn(at: readonly number[], stepAtLeast: number): ReadonlySet<number> {
  const distances = at.slice(1).map((each, index) => each - (at[index] ?? each));
  const usual = Math.max(stepAtLeast, distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0);
  return new Set(distances.flatMap((distance, index) => (distance > BREAK * usual ? [index + 1] : [])));
}

/** The highest values that are higher than their neighbours, highest first. */
export function peaksOf(values: readonly number[], at: (index: number) => number, limit: number): readonly Peak[] {
  return values
    .map((value, index) => ({ at: at(index), value, index }))
    .filter(({ value, index }) => value > (values[index - 1] ?? -Infinity) && value >= (values[index + 1] ?? -Infinity))
    .toSorted((a, b) => b.value - a.value)
    .slice(0, limit)
    .map(({ at: place, value }) => ({ at: place, value }));
}

/** When each value of a waveform was measured, in milliseconds or, without a rate, as the number of the sample. */
export function timesOf(count: number, rateHz: number | null, samplesPerBucket: number | null): readonly number[] {
  // Two values stand for a bucket, its minimum and its maximum: they are drawn at its start and its middle.
  const step = (samplesPerBucket === null ? 1 : samplesPerBucket / 2) * (rateHz === null ? 1 : 1000 / rateHz);
  return Array.from({ length: count }, (_, index) => index * step);
}

/** The largest distance from zero of what lies within a range; 0 if nothing does. */
export function reachOf(
  at: readonly number[],
  rows: readonly (readonly (number | null)[])[],
  [from, to]: readonly [number, number],
): number {
  let reach = 0;
  at.forEach((place, index) => {
    if (place < from || place > to) return;
    for (const row of rows) reach = Math.max(reach, Math.abs(row[index] ?? 0));
  });
  return reach;
}
