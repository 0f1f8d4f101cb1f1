import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getWaveformOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { Waveform } from '../../../.generated/types.gen';
import { formatFigure, UNITS } from '../../lib/figures';
import { formatCount } from '../../lib/format';
import type { Axis } from '../../lib/kinds';
import { reachOf, timesOf } from '../../lib/series';
import { Chart } from '../../parts/chart';
import { Choices } from '../../parts/choices';
import { ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { AxesChoice, chosenAxes } from './axes-choice';
import { RangeFields } from './range-fields';
import type { ReadingPart } from './reading';
import styles from './reading.module.css';

/** Values of an axis: enough for the width of a screen, and, of a part, as many as a browser draws without delay. */
const POINTS = { all: 4000, part: 200_000 };

const UNIT_OPTIONS = [
  ['g', 'g'],
  ['m_s2', 'm/s²'],
] as const;

/** The samples, axis by axis, all on one scale. */
export function WaveformPanel(part: ReadingPart) {
  const { reading, search, onSearch } = part;
  const { unit = 'g', from, to } = search;
  const axes = chosenAxes(part);
  const isPart = from !== undefined || to !== undefined;
  const { data, error, refetch } = useQuery({
    ...getWaveformOptions({ path: { id: reading.id }, query: { unit, points: isPart ? POINTS.part : POINTS.all } }),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  const beside = (
    <>
      <AxesChoice {...part} />
      <Choices
        label="Unit of the waveform"
        options={UNIT_OPTIONS}
        chosen={[unit]}
        onChoose={(next) => onSearch({ unit: next === 'g' ? undefined : next })}
      />
    </>
  );
  return (
    <Panel title="Waveform" beside={beside}>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={8} />}
      {data && <Charts waveform={data} axes={axes} {...part} />}
    </Panel>
  );
}

function Charts({
  waveform,
  axes,
  search,
  vibration,
  onSearch,
}: ReadingPart & { readonly waveform: Waveform; readonly axes: readonly Axis[] }) {
  const { sample_rate_hz: rate, samples_per_bucket: bucket } = waveform;
  const unit = UNITS[waveform.unit];
  const [nameOfUnit, end] = rate === null ? ['samples', vibration.samples] : ['ms', (vibration.samples / rate) * 1000];
  const shown = useMemo(
    () => [search.from ?? 0, Math.min(search.to ?? end, end)] as const,
    [search.from, search.to, end],
  );
  const times = useMemo(() => {
    const count = Math.max(...Object.values(waveform.axes).map(({ length }) => length));
    return timesOf(count, rate, bucket);
  }, [waveform, rate, bucket]);
  const rows = axes.flatMap((axis) => (waveform.axes[axis] ? [{ axis, values: waveform.axes[axis] }] : []));
  const reach = reachOf(
    times,
    rows.map(({ values }) => values),
    shown,
  );
  const zoom = (range: readonly [number, number] | null): void =>
    onSearch(range === null ? { from: undefined, to: undefined } : { from: rounded(range[0]), to: rounded(range[1]) });
  return (
    <div className={styles.charts}>
      <RangeFields
        name="Waveform"
        unit={nameOfUnit}
        from={search.from}
        to={search.to}
        end={end}
        onChange={(from, to) => onSearch({ from, to })}
      />
      {rows.map(({ axis, values }) => (
        <AxisChart
          key={axis}
          axis={axis}
          times={times}
          values={values}
          shown={shown}
          reach={reach}
          unit={unit}
          xUnit={nameOfUnit}
          height={rows.length === 1 ? 260 : 140}
          onZoom={zoom}
        />
      ))}
      <p className={styles.note}>
        {formatCount(vibration.samples)} samples of an axis
        {rate === null ? ', at an unknown rate' : ` at ${formatCount(rate)} Hz, ${formatFigure(end)} ms`}
        {bucket !== null && `; least and greatest of each ${formatCount(bucket)} samples are drawn`}
        {waveform.rounded && '; rounded to single precision'}.
      </p>
    </div>
  );
}

interface AxisChartProps {
  readonly axis: Axis;
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly shown: readonly [number, number];
  readonly reach: number;
  readonly unit: string;
  readonly xUnit: string;
  readonly height: number;
  readonly onZoom: (range: readonly [number, number] | null) => void;
}

function AxisChart({ axis, times, values, unit, xUnit, ...looks }: AxisChartProps) {
  const data = useMemo(() => [times, values], [times, values]);
  return (
    <Chart
      title={`${axis.toUpperCase()} (${unit})`}
      summary={`waveform, within ${formatFigure(looks.reach)} ${unit} of zero`}
      data={data}
      lines={[{ label: axis.toUpperCase(), tone: axis, isPlain: true }]}
      x={{ kind: 'number', unit: xUnit }}
      unit={unit}
      isSigned
      {...looks}
    />
  );
}

/** Short in the address: 5 digits are more than a mouse can mark. */
function rounded(value: number): number {
  return Number(Math.max(0, value).toPrecision(5));
}
