/** A figure at a moment, in hours since some start. */
export interface Point {
  readonly hours: number;
  readonly value: number;
}

/** By how much the value grows in an hour: the line of least squares. NaN for fewer than two moments. */
export function growthPerHour(points: readonly Point[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const hours = mean(points.map((point) => point.hours));
  const value = mean(points.map((point) => point.value));
  const spread = points.reduce((sum, point) => sum + (point.hours - hours) ** 2, 0);
  if (spread === 0) return NaN;
  return points.reduce((sum, point) => sum + (point.hours - hours) * (point.value - value), 0) / spread;
}
