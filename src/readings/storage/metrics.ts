import { AXES } from '../reading';
import type { ReadingKind } from '../reading';

const FIGURES = ['rms', 'velocity_rms', 'peak', 'peak_to_peak', 'crest', 'kurtosis', 'mean'] as const;

/** What a trend can show: `x.rms`, `temperature`. */
export type Metric = `${(typeof AXES)[number]}.${(typeof FIGURES)[number]}` | 'temperature' | 'battery';

/** `crest` and `kurtosis` are ratios. Temperatures and charges are in the unit of the gateway, which it does not say. */
export type MetricUnit = 'g' | 'mm_s' | 'ratio' | null;

/** Where the values of a metric are stored. */
interface Source {
  readonly kind: ReadingKind;
  readonly column: string;
  readonly unit: MetricUnit;
}

export const METRICS: ReadonlyMap<Metric, Source> = new Map([
  ...AXES.flatMap((axis) =>
    FIGURES.map((figure): [Metric, Source] => [
      `${axis}.${figure}`,
      { kind: 'vibration', column: `${axis}_${figure}`, unit: unitOf(figure) },
    ]),
  ),
  ['temperature', { kind: 'temperature', column: 'value', unit: null }],
  ['battery', { kind: 'battery', column: 'value', unit: null }],
]);

/** @throws Error for another text */
export function sourceOf(metric: Metric): Source {
  const source = METRICS.get(metric);
  if (!source) throw new Error(`there is no metric ${metric}`);
  return source;
}

function unitOf(figure: (typeof FIGURES)[number]): MetricUnit {
  if (figure === 'velocity_rms') return 'mm_s';
  return figure === 'crest' || figure === 'kurtosis' ? 'ratio' : 'g';
}
