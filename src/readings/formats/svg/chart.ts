import { ticksBetween } from './ticks';
import type { Tick } from './ticks';
import { element, escaped, textElement } from './xml';

/** One panel of a chart. */
export interface Panel {
  /** Of its vertical axis. */
  readonly label: string;
  readonly color: string;
  /** The points of the line, in the order of x. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** A point with a text; null for none. */
  readonly mark: Mark | null;
}

export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** Panels above one another, which share the horizontal axis. */
export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  /** Of the horizontal axis. */
  readonly label: string;
  readonly range: readonly [low: number, high: number];
  /** Whether the vertical axes begin at zero. */
  readonly isFromZero: boolean;
  readonly panels: readonly Panel[];
}

const WIDTH = 960;
/** Width of the drawing area: how many pixels a line may be spread over. */
export const PLOT_WIDTH = 850;
const LEFT = 84;
const TOP = 64;
const PANEL_HEIGHT = 190;
const GAP = 22;
const BOTTOM = 54;
const LONGEST_TITLE = 90;
const GRID = '#dddddd';
const INK = '#222222';
const FAINT = '#666666';

type Scale = (value: number) => number;

/** A chart as an SVG document of its own: no script, no style sheet, nothing that is fetched. */
export function toSvg(chart: Chart): string {
  const height = TOP + chart.panels.length * (PANEL_HEIGHT + GAP) - GAP + BOTTOM;
  const size = { width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}` };
  const font = { 'font-family': 'Helvetica, Arial, sans-serif', 'font-size': 12, fill: INK };
  const x = scale(chart.range, [LEFT, LEFT + PLOT_WIDTH]);
  const ticks = ticksBetween(...chart.range, 10);
  const panels = chart.panels.map((panel, index) => {
    return panelOf(panel, { x, ticks, top: TOP + index * (PANEL_HEIGHT + GAP), isFromZero: chart.isFromZero });
  });
  const content = [
    element('title', {}, escaped(`${chart.title}, ${chart.subtitle}`)),
    element('rect', { width: WIDTH, height, fill: '#ffffff' }),
    textElement({ x: LEFT, y: 26, 'font-size': 16, 'font-weight': 'bold' }, shortened(chart.title)),
    textElement({ x: LEFT, y: 46, fill: FAINT }, chart.subtitle),
    ...panels,
    ...horizontalAxis(ticks, x, height - BOTTOM),
    textElement({ x: LEFT + PLOT_WIDTH / 2, y: height - 14, 'text-anchor': 'middle' }, chart.label),
  ];
  const root = { xmlns: 'http://www.w3.org/2000/svg', ...size, ...font, role: 'img' };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('svg', root, content.join('\n'))}\n`;
}

/** As much of a title as fits. */
function shortened(title: string): string {
  const characters = Array.from(title);
  return characters.length > LONGEST_TITLE ? `${characters.slice(0, LONGEST_TITLE - 1).join('')}…` : title;
}

interface Place {
  readonly x: Scale;
  readonly ticks: readonly Tick[];
  readonly top: number;
  readonly isFromZero: boolean;
}

function panelOf({ label, color, x: xs, y: ys, mark }: Panel, { x, ticks, top, isFromZero }: Place): string {
  const bottom = top + PANEL_HEIGHT;
  const range = rangeOf(ys, isFromZero);
  const y = scale(range, [bottom, top]);
  const middle = top + PANEL_HEIGHT / 2;
  return [
    ...ticks.map(({ value }) => rule(x(value), top, x(value), bottom)),
    ...ticksBetween(...range, 5).flatMap(({ value, label: text }) => [
      rule(LEFT, y(value), LEFT + PLOT_WIDTH, y(value)),
      textElement({ x: LEFT - 8, y: pixel(y(value) + 4), 'text-anchor': 'end' }, text),
    ]),
    element('path', { d: pathOf(xs, ys, x, y), fill: 'none', stroke: color, 'stroke-linejoin': 'round' }),
    element('rect', { x: LEFT, y: top, width: PLOT_WIDTH, height: PANEL_HEIGHT, fill: 'none', stroke: FAINT }),
    textElement({ transform: `translate(22 ${middle}) rotate(-90)`, 'text-anchor': 'middle' }, label),
    ...(mark ? markOf(mark, x, y) : []),
  ].join('\n');
}

function markOf(mark: Mark, x: Scale, y: Scale): string[] {
  const isRight = x(mark.x) > LEFT + PLOT_WIDTH * 0.7;
  const at = { x: pixel(x(mark.x) + (isRight ? -7 : 7)), y: pixel(y(mark.y) + 11) };
  return [
    element('circle', { cx: pixel(x(mark.x)), cy: pixel(y(mark.y)), r: 3, fill: INK }),
    textElement({ ...at, 'text-anchor': isRight ? 'end' : 'start' }, mark.text),
  ];
}

function horizontalAxis(ticks: readonly Tick[], x: Scale, y: number): string[] {
  return ticks.map(({ value, label }) =>
    textElement({ x: pixel(x(value)), y: y + 16, 'text-anchor': 'middle' }, label),
  );
}

function rule(x1: number, y1: number, x2: number, y2: number): string {
  return element('line', { x1: pixel(x1), y1: pixel(y1), x2: pixel(x2), y2: pixel(y2), stroke: GRID });
}

function pathOf(xs: Float64Array, ys: Float64Array, x: Scale, y: Scale): string {
  let path = '';
  xs.forEach((value, index) => {
    path += `${index === 0 ? 'M' : 'L'}${pixel(x(value))} ${pixel(y(ys[index] ?? 0))}`;
  });
  return path;
}

/** From the least to the greatest value, with some room. Equal values get a range, too. */
function rangeOf(values: Float64Array, isFromZero: boolean): [number, number] {
  let [low, high] = isFromZero ? [0, 0] : [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (!Number.isFinite(low)) return [-1, 1];
  const room = high > low ? 0.06 * (high - low) : Math.abs(high) || 1;
  return [isFromZero ? 0 : low - room, high + room];
}

function scale([low, high]: readonly [number, number], [from, to]: readonly [number, number]): Scale {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** Hundredths of a pixel are enough. */
function pixel(value: number): number {
  return Math.round(value * 100) / 100;
}
