import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getSpectrumOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { Spectrum } from '../../../.generated/types.gen';
import { ApiError } from '../../lib/api-error';
import { formatFigure, UNITS } from '../../lib/figures';
import { formatCount } from '../../lib/format';
import type { Axis } from '../../lib/kinds';
import { reachOf } from '../../lib/series';
import { Chart } from '../../parts/chart';
import { Choices, Select } from '../../parts/choices';
import { EmptyState, ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { AxesChoice, chosenAxes } from './axes-choice';
import { Peaks } from './peaks';
import { RangeFields } from './range-fields';
import type { ReadingPart } from './reading';
import { QUANTITY_UNITS } from './reading-search';
import type { Quantity, SpectrumUnit } from './reading-search';
import styles from './reading.module.css';

const QUANTITY_OPTIONS: readonly (readonly [Quantity, string])[] = [
  ['acceleration', 'Acceleration'],
  ['velocity', 'Velocity'],
  ['displacement', 'Displacement'],
];
const WINDOW_OPTIONS = [
  ['hann', 'Hann'],
  ['flattop', 'Flat top'],
  ['none', 'None'],
] as const;
export const SCALE_OPTIONS = [
  ['peak', 'Peak'],
  ['rms', 'RMS'],
  ['peak_to_peak', 'Peak to peak'],
] as const;

/** What the API is asked for: the query of the spectrum that the address describes. */
export function spectrumQuery({
  quantity = 'acceleration',
  spectrum_unit: unit,
  window = 'hann',
  scale = 'peak',
}: ReadingPart['search']) {
  return { quantity, unit: unit ?? QUANTITY_UNITS[quantity][0], window, scale };
}

/** The amplitudes of the frequencies, axis by axis, all on one scale. */
export function SpectrumPanel(part: ReadingPart) {
  const { reading, search } = part;
  const { data, error, refetch } = useQuery({
    ...getSpectrumOptions({ path: { id: reading.id }, query: spectrumQuery(search) }),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  const hasNoRate = error instanceof ApiError && error.code === 'SAMPLE_RATE_UNKNOWN';
  return (
    <Panel title="Spectrum" beside={<AxesChoice {...part} />}>
      {hasNoRate && (
        <EmptyState title="The sample rate is unknown, so there are no frequencies.">
          State it in the settings of the sensor.
        </EmptyState>
      )}
      {error && !hasNoRate && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={8} />}
      {data && !error && (
        <div className={styles.charts}>
          <Controls {...part} />
          <Charts spectrum={data} axes={chosenAxes(part)} {...part} />
        </div>
      )}
    </Panel>
  );
}

function Controls({ search, onSearch }: ReadingPart) {
  const { quantity, unit, window, scale } = spectrumQuery(search);
  return (
    <div className={styles.controls}>
      <Choices
        label="Quantity"
        options={QUANTITY_OPTIONS}
        chosen={[quantity]}
        onChoose={(next) => onSearch({ quantity: next, spectrum_unit: undefined })}
      />
      <Choices<SpectrumUnit>
        label="Unit of the spectrum"
        options={QUANTITY_UNITS[quantity].map((each) => [each, UNITS[each]] as const)}
        chosen={[unit]}
        onChoose={(next) => onSearch({ spectrum_unit: next })}
      />
      <Select label="Amplitude" options={SCALE_OPTIONS} chosen={scale} onChoose={(next) => onSearch({ scale: next })} />
      <Select label="Window" options={WINDOW_OPTIONS} chosen={window} onChoose={(next) => onSearch({ window: next })} />
    </div>
  );
}

function Charts({
  spectrum,
  axes,
  search,
  onSearch,
}: ReadingPart & { readonly spectrum: Spectrum; readonly axes: readonly Axis[] }) {
  const { from_hz: first, df_hz: step, lines, valid_from_hz: validFrom } = spectrum;
  const unit = UNITS[spectrum.unit];
  const end = first + (lines - 1) * step;
  const frequencies = useMemo(
    () => Array.from({ length: lines }, (_, index) => first + index * step),
    [lines, first, step],
  );
  const shown = useMemo(
    () => [search.fmin ?? 0, Math.min(search.fmax ?? end, end)] as const,
    [search.fmin, search.fmax, end],
  );
  const rows = axes.flatMap((axis) => (spectrum.axes[axis] ? [{ axis, values: spectrum.axes[axis] }] : []));
  // Uncertain amplitudes of velocities are often far higher than all others, which would be drawn flat.
  const certain = [Math.min(Math.max(shown[0], validFrom), shown[1]), shown[1]] as const;
  const reach = reachOf(
    frequencies,
    rows.map(({ values }) => values),
    certain,
  );
  const zoom = (range: readonly [number, number] | null): void =>
    onSearch(
      range === null ? { fmin: undefined, fmax: undefined } : { fmin: rounded(range[0]), fmax: rounded(range[1]) },
    );
  return (
    <>
      <RangeFields
        name="Spectrum"
        unit="Hz"
        from={search.fmin}
        to={search.fmax}
        end={end}
        onChange={(fmin, fmax) => onSearch({ fmin, fmax })}
      />
      {rows.map(({ axis, values }) => (
        <AxisChart
          key={axis}
          axis={axis}
          frequencies={frequencies}
          values={values}
          shown={shown}
          reach={reach}
          unit={unit}
          height={rows.length === 1 ? 260 : 140}
          uncertainBelow={validFrom}
          onZoom={zoom}
        />
      ))}
      <p className={styles.note}>
        {formatCount(lines)} lines, {formatFigure(step)} Hz apart. Below {formatFigure(validFrom)} Hz, on grey ground,
        amplitudes are uncertain: the record holds less than eight periods.
        {spectrum.rate_source === 'assumed' &&
          ' The sample rate was not known when it was stored; the present one is used.'}
      </p>
      <Peaks spectrum={spectrum} axes={axes} shown={shown} />
    </>
  );
}

interface AxisChartProps {
  readonly axis: Axis;
  readonly frequencies: readonly number[];
  readonly values: readonly number[];
  readonly shown: readonly [number, number];
  readonly reach: number;
  readonly unit: string;
  readonly height: number;
  readonly uncertainBelow: number;
  readonly onZoom: (range: readonly [number, number] | null) => void;
}

function AxisChart({ axis, frequencies, values, unit, ...looks }: AxisChartProps) {
  const data = useMemo(() => [frequencies, values], [frequencies, values]);
  return (
    <Chart
      title={`${axis.toUpperCase()} (${unit})`}
      summary={`spectrum, up to ${formatFigure(looks.reach)} ${unit}; the highest peaks are listed below`}
      data={data}
      lines={[{ label: axis.toUpperCase(), tone: axis, isPlain: true }]}
      x={{ kind: 'number', unit: 'Hz' }}
      unit={unit}
      {...looks}
    />
  );
}

/** Short in the address: 5 digits are more than a mouse can mark. */
function rounded(value: number): number {
  return Number(Math.max(0, value).toPrecision(5));
}
