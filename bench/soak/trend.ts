/** A value at a time, in hours since some start. */
export interface Point {
  readonly hours: number;
  readonly value: number;
}

/** Growth per hour, by linear least squares. NaN for fewer than two different times. */
export function growthPerHour(points: readonly Point[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const hours = mean(points.map((point) => point.hours));
  const value = mean(points.map((point) => point.value));
  const spread = points.reduce((sum, point) => sum + (point.hours - hours) ** 2, 0);
  if (spread === 0) return NaN;
  return points.reduce((sum, point) => sum + (point.hours - hours) * (point.value - value), 0) / spread;
}
