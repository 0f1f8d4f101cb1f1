import { valueOf } from '../figure';
import type { Figure } from '../figure';
import type { JudgedFigure } from '../result';

/** The same figure in several runs, in the order of the runs. */
export type Runs = readonly [JudgedFigure, ...JudgedFigure[]];

/**
 * A Markdown table of figures from several runs, each with its bar. The columns Product and Bare are from the run with the median
 * value.
 * @param figures one for each row
 * @throws Error if a row lacks a run
 */
export function markdownTable(figures: readonly Runs[]): string {
  const count = figures[0]?.length ?? 0;
  if (figures.some(({ length }) => length !== count)) throw new Error('the runs did not measure the same figures');
  const runs = Array.from({ length: count }, (_, index) => `Run ${index + 1}`);
  const head = ['Figure', 'Product', 'Bare', ...runs, 'Bar', 'Aim', ''];
  const rows = [head, head.map(() => '---'), ...figures.map(rowOf)];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function rowOf(runs: Runs): string[] {
  const [{ title, unit, bar }] = runs;
  const middle = [...runs].sort((a, b) => valueOf(a) - valueOf(b))[Math.floor((runs.length - 1) / 2)] ?? runs[0];
  const sides = 'count' in middle ? ['', ''] : [`${readable(middle.product)} ${unit}`, readable(middle.baseline)];
  const limits = bar ? [`${bar.kind} ${bar.bar}`, `${bar.aim}`, judged(runs)] : ['', '', ''];
  return [title, ...sides, ...runs.map(measured), ...limits];
}

function measured(figure: Figure): string {
  if ('count' in figure) return readable(figure.count);
  const { ratio, lowest, highest } = figure;
  return `${ratio.toFixed(2)} (${lowest.toFixed(2)} to ${highest.toFixed(2)})`;
}

/** Three significant digits below 100, a whole number from there on. */
function readable(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : `${Number(value.toPrecision(3))}`;
}

function judged(runs: Runs): string {
  const met = runs.filter(({ verdict }) => verdict !== 'NOT met').length;
  if (met === 0) return '**missed**';
  if (met < runs.length) return `met in ${met} of ${runs.length}`;
  return runs.every(({ verdict }) => verdict === 'met, and the aim') ? 'aim met' : 'met';
}
