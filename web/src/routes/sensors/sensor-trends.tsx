import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getSensorTrend } from '../../../.generated/sdk.gen';
import type { TrendSeries } from '../../../.generated/types.gen';
import { now } from '../../lib/clock';
import { formatFigure, UNITS } from '../../lib/figures';
import { AXES, KIND_LOOKS, unitOf } from '../../lib/kinds';
import { trendRows } from '../../lib/trend-rows';
import { formatMoment, useZone, zoneName } from '../../lib/zones';
import { useReadingsInterval } from '../../live/readings-interval';
import { Chart } from '../../parts/chart';
import type { ChartLine } from '../../parts/plot-props';
import { Choices, Select } from '../../parts/choices';
import { EmptyState, ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import type { SensorPart } from './sensor-part';
import { RANGE_NAMES, RANGES } from './sensor-search';
import type { Figure } from './sensor-search';
import styles from './sensor.module.css';

const RANGE_OPTIONS = RANGE_NAMES.map((name) => [name, RANGES[name].label] as const);
const FIGURE_OPTIONS: readonly (readonly [Figure, string])[] = [
  ['rms', 'RMS acceleration'],
  ['velocity_rms', 'RMS velocity'],
  ['peak', 'Peak acceleration'],
  ['crest', 'Crest factor'],
  ['kurtosis', 'Kurtosis'],
];
const BUCKETS = { '10m': '10 min', '1h': '1 h', '6h': '6 h', '1d': '1 day', '1w': '1 week', '1mo': '1 month' } as const;

/** How vibration, temperature and battery have developed. Days begin at midnight in the factory. */
export function SensorTrends({ sensor, zone: plant, search, onSearch }: SensorPart) {
  const { range = '24h', figure = 'rms' } = search;
  const zone = useZone(plant);
  const refetchInterval = useReadingsInterval();
  const { data, error, refetch } = useQuery({
    queryKey: ['trend', sensor.id, range, figure],
    queryFn: async ({ signal }) => {
      const to = now();
      const metric = [...AXES.map((axis) => `${axis}.${figure}`), 'temperature', 'battery'].join(',');
      const query = { metric, from: new Date(to - RANGES[range].ms).toISOString(), to: new Date(to).toISOString() };
      return (await getSensorTrend({ path: { id: sensor.id }, query, signal, throwOnError: true })).data;
    },
    placeholderData: keepPreviousData,
    refetchInterval: refetchInterval * 3,
  });
  const beside = (
    <>
      <Select
        label="Vibration"
        options={FIGURE_OPTIONS}
        chosen={figure}
        onChoose={(next) => onSearch({ figure: next === 'rms' ? undefined : next })}
      />
      <Choices
        label="Period"
        options={RANGE_OPTIONS}
        chosen={[range]}
        onChoose={(next) => onSearch({ range: next === '24h' ? undefined : next })}
      />
    </>
  );
  return (
    <Panel title="Trends" beside={beside}>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={8} />}
      {data && (
        <div className={styles.charts} data-live>
          <TrendChart
            title={`Vibration, ${FIGURE_OPTIONS.find(([each]) => each === figure)?.[1] ?? ''}`}
            trend={data}
            zone={zone}
            lines={AXES.map((axis) => ({ label: axis.toUpperCase(), tone: axis }))}
            metrics={AXES.map((axis) => `${axis}.${figure}`)}
          />
          {(['temperature', 'battery'] as const).map((kind) => (
            <TrendChart
              key={kind}
              title={KIND_LOOKS[kind].label}
              trend={data}
              zone={zone}
              unit={unitOf(kind, sensor)}
              lines={[{ label: KIND_LOOKS[kind].label, tone: 'value' }]}
              metrics={[kind]}
            />
          ))}
        </div>
      )}
      {data && (
        <p className={styles.note}>
          A point for each {BUCKETS[data.bucket]}; times in {zoneName(now(), zone)}.
        </p>
      )}
    </Panel>
  );
}

interface TrendChartProps {
  readonly title: string;
  readonly trend: { readonly from: string; readonly to: string; readonly series: readonly TrendSeries[] };
  readonly zone: string;
  readonly unit?: string;
  readonly lines: readonly ChartLine[];
  readonly metrics: readonly string[];
}

function TrendChart({ title, trend, zone, unit: given, lines, metrics }: TrendChartProps) {
  const series = metrics.flatMap((metric) => trend.series.find((each) => each.metric === metric) ?? []);
  const unit = given ?? UNITS[series[0]?.unit ?? 'ratio'];
  const points = series.flatMap((each) => each.points);
  if (points.length === 0) {
    return (
      <div className={styles.noTrend}>
        <p className={styles.noTrendTitle}>{title}</p>
        <EmptyState title="No values in this period." />
      </div>
    );
  }
  const least = Math.min(...points.map(({ min = Infinity }) => min));
  const most = Math.max(...points.map(({ max = -Infinity }) => max));
  return (
    <Chart
      title={unit === '' ? title : `${title} (${unit})`}
      summary={`from ${formatFigure(least)} to ${formatFigure(most)} ${unit}`}
      data={trendRows(series)}
      lines={lines}
      band={lines.length === 1}
      x={{ kind: 'time', zone }}
      unit={unit}
      shown={[Date.parse(trend.from) / 1000, Date.parse(trend.to) / 1000]}
      height={170}
      nameOfX={(seconds) => formatMoment(seconds * 1000, zone).slice(0, 16)}
    />
  );
}
