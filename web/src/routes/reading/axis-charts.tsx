import { useMemo } from 'react';
import { formatFigure } from '../../lib/figures';
import type { Axis } from '../../lib/kinds';
import { reachOf } from '../../lib/series';
import { Chart } from '../../parts/chart';
import { RangeFields } from './range-fields';

interface AxisChartsProps {
  /** What is drawn: `Waveform`. */
  readonly name: string;
  readonly axes: readonly Axis[];
  /** Where the values stand, ascending, and its unit: `ms`, `Hz`. */
  readonly places: readonly number[];
  readonly placeUnit: string;
  readonly values: Partial<Record<Axis, readonly number[]>>;
  readonly unit: string;
  /** The part that is drawn; undefined: from the beginning, to the end. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly end: number;
  readonly isSigned?: boolean;
  /** Values at lower places are uncertain; the scale does not follow them. */
  readonly uncertainBelow?: number;
  readonly onZoom: (from: number | undefined, to: number | undefined) => void;
}

/** A chart for each axis, one below the other, all of the same part and on one scale. */
export function AxisCharts(props: AxisChartsProps) {
  const { name, axes, places, placeUnit, values, from, to, end, uncertainBelow = 0, onZoom } = props;
  const shown = useMemo(() => [from ?? 0, Math.min(to ?? end, end)] as const, [from, to, end]);
  const rows = axes.flatMap((axis) => (values[axis] ? [{ axis, row: values[axis] }] : []));
  const certain = [Math.min(Math.max(shown[0], uncertainBelow), shown[1]), shown[1]] as const;
  const reach = reachOf(
    places,
    rows.map(({ row }) => row),
    certain,
  );
  return (
    <>
      <RangeFields name={name} unit={placeUnit} from={from} to={to} end={end} onChange={onZoom} />
      {rows.map(({ axis, row }) => (
        <AxisChart
          key={axis}
          {...props}
          axis={axis}
          row={row}
          shown={shown}
          reach={reach}
          height={rows.length === 1 ? 260 : 140}
        />
      ))}
    </>
  );
}

interface AxisChartProps extends AxisChartsProps {
  readonly axis: Axis;
  readonly row: readonly number[];
  readonly shown: readonly [from: number, to: number];
  readonly reach: number;
  readonly height: number;
}

function AxisChart({ name, axis, places, placeUnit, row, unit, isSigned = false, onZoom, ...looks }: AxisChartProps) {
  const data = useMemo(() => [places, row], [places, row]);
  const { shown, reach, height, uncertainBelow } = looks;
  return (
    <Chart
      title={`${axis.toUpperCase()} (${unit})`}
      summary={`${name}, up to ${formatFigure(reach)} ${unit} from zero`}
      data={data}
      lines={[{ label: axis.toUpperCase(), tone: axis, isPlain: true }]}
      x={{ kind: 'number', unit: placeUnit }}
      unit={unit}
      shown={shown}
      reach={reach}
      isSigned={isSigned}
      height={height}
      uncertainBelow={uncertainBelow}
      onZoom={(range) => (range === null ? onZoom(undefined, undefined) : onZoom(rounded(range[0]), rounded(range[1])))}
    />
  );
}

/** Short in the address: 5 digits are more than a mouse can mark. */
function rounded(value: number): number {
  return Number(Math.max(0, value).toPrecision(5));
}
