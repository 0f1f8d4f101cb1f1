import uPlot from 'uplot';
import { formatFigure, roundEnd } from '../lib/figures';
import { colourOf } from '../lib/scheme';
import { formatDay, formatHour } from '../lib/zones';
import type { PlotProps } from './plot-props';

const DAY_S = 86_400;
/** Lines are told apart without colours, too. */
const DASHES: Record<string, number[]> = { y: [6, 3], z: [2, 2] };

interface Drawing {
  readonly element: HTMLElement;
  /** The properties as they are now. */
  readonly present: () => PlotProps;
  /** Shows what is under the cursor. */
  readonly write: (text: string) => void;
}

/** What uPlot must know to draw a chart. Data and ranges are read whenever it draws. */
export function plotOptions({ element, present, write }: Drawing): uPlot.Options {
  const { lines, x, height, band, onZoom, uncertainBelow } = present();
  const colour = (token: string): string => colourOf(element, token);
  const series = lines.map(({ tone, isPlain = false }) => ({
    stroke: colour(`--line-${tone}`),
    width: 1.5,
    ...(!isPlain && DASHES[tone] && { dash: DASHES[tone] }),
    points: { size: 4, ...(x.kind === 'number' && { show: false }) },
  }));
  const limit = { stroke: 'transparent', width: 0, points: { show: false } };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    ...(x.kind === 'time' && { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), x.zone) }),
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: onZoom !== undefined, y: false, setScale: false },
      bind: { dblclick: () => () => (present().onZoom?.(null), null) },
    },
    scales: {
      x: { time: x.kind === 'time', range: () => [...present().shown] },
      y: { range: (_plot, least, most) => rangeOfY(present(), least, most) },
    },
    axes: axesOf(x, colour),
    series: [{}, ...series, ...(band ? [limit, limit] : [])],
    ...(band && { bands: [{ series: [lines.length + 2, lines.length + 1], fill: faint(colour('--line-value')) }] }),
    hooks: {
      setCursor: [({ cursor: { idx } }) => write(typeof idx === 'number' ? describePlace(present(), idx) : '')],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          present().onZoom?.([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
        },
      ],
      ...(uncertainBelow !== undefined && { drawClear: [shade(uncertainBelow, colour('--idle-tint'))] }),
    },
  };
}

function axesOf(x: PlotProps['x'], colour: (token: string) => string): uPlot.Axis[] {
  const looks = {
    stroke: colour('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1, size: 4 },
  };
  return [
    {
      ...looks,
      size: x.kind === 'time' ? 40 : 28,
      space: x.kind === 'time' ? 70 : 60,
      values: (_plot, splits, _axis, _space, step) =>
        x.kind === 'time' ? timeLabels(splits, step, x.zone) : splits.map(plain),
    },
    { ...looks, size: 58, space: 28, values: (_plot, splits) => splits.map(plain) },
  ];
}

/** Hours, with the day below where one begins; days alone where a step is a day or longer. */
function timeLabels(splits: readonly number[], step: number, zone: string): string[] {
  let earlier = '';
  return splits.map((seconds) => {
    const day = formatDay(seconds * 1000, zone);
    if (step >= DAY_S) return day;
    const isNew = day !== earlier;
    earlier = day;
    return isNew ? `${formatHour(seconds * 1000, zone)}\n${day}` : formatHour(seconds * 1000, zone);
  });
}

function plain(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function rangeOfY({ reach, isSigned }: PlotProps, least: number | null, most: number | null): [number, number] {
  if (reach !== undefined) {
    const end = roundEnd(reach);
    return [isSigned ? -end : 0, end];
  }
  if (least === null || most === null) return [0, 1];
  const room = (most - least || Math.abs(most) || 1) * 0.1;
  return [least - room, most + room];
}

/** Greys what lies below a place, where values are uncertain. */
function shade(below: number, colour: string): (plot: uPlot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    const end = Math.min(bbox.left + bbox.width, plot.valToPos(below, 'x', true));
    if (end <= bbox.left) return;
    ctx.save();
    ctx.fillStyle = colour;
    ctx.fillRect(bbox.left, bbox.top, end - bbox.left, bbox.height);
    ctx.restore();
  };
}

/** The colour with a fifth of its strength. @param colour `rgb(…)`, as browsers compute colours */
function faint(colour: string): string {
  return colour.replace('rgb(', 'rgba(').replace(')', ', 0.2)');
}

/** What the chart has at one place: `12.3 ms · X 0.12 g · Y 0.4 g`. */
function describePlace({ data, lines, x, unit, nameOfX }: PlotProps, index: number): string {
  const place = data[0]?.[index];
  if (place === null || place === undefined) return '';
  const where = nameOfX ? nameOfX(place) : `${formatFigure(place)} ${x.kind === 'number' ? x.unit : ''}`;
  const values = lines.map(({ label }, line) => {
    const value = data[line + 1]?.[index] ?? null;
    return `${label} ${formatFigure(value)}${unit && value !== null ? ` ${unit}` : ''}`;
  });
  return [where, ...values].join(' · ');
}
