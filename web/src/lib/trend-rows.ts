import type { TrendSeries } from '../../.generated/types.gen';
import { breaksIn } from './series';

/** Shorter steps do not exist. */
const STEP_S = 600;

/**
 * What a chart draws of a trend: the times of all points in seconds, then a row of means for each series; of a single one, the least and
 * the greatest values follow. Where values are missing, there is a point without one, so that no line is drawn across.
 */
export function trendRows(series: readonly TrendSeries[]): readonly (readonly (number | null)[])[] {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ at }) => Date.parse(at) / 1000)))].sort(
    (a, b) => a - b,
  );
  const breaks = breaksIn(times, STEP_S);
  const places = times.flatMap((time, index) => (breaks.has(index) ? [time - 1, time] : [time]));
  const rowOf = (points: TrendSeries['points'], figure: 'avg' | 'min' | 'max'): (number | null)[] => {
    const values = new Map(points.map((point) => [Date.parse(point.at) / 1000, point[figure]]));
    return places.map((place) => values.get(place) ?? null);
  };
  const [only] = series;
  const band = series.length === 1 && only ? [rowOf(only.points, 'min'), rowOf(only.points, 'max')] : [];
  return [places, ...series.map(({ points }) => rowOf(points, 'avg')), ...band];
}
