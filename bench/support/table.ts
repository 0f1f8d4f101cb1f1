import Table from 'cli-table3';
import { BARS, isTooCloseToCall, verdict } from '../bars';
import { valueOf } from '../figure';
import type { Figure } from '../figure';

const HEAD = ['figure', 'unit', 'product', 'baseline', 'ratio', 'spread', 'rounds', 'bar', 'aim', ''];

/** The figures as a table for people, each with its bar. */
export function tableOf(figures: readonly Figure[]): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [], compact: true } });
  table.push(...figures.map(rowOf));
  return table.toString();
}

function rowOf(figure: Figure): string[] {
  const { id, title, unit } = figure;
  const bar = BARS[id];
  const limits = bar ? [`${bar.kind} ${bar.bar}`, `${bar.aim}`] : ['', ''];
  const value = valueOf(figure);
  const judged = verdict(id, value) + (isTooCloseToCall(id, value) ? ', but close' : '');
  return [title, unit, ...measuredOf(figure), ...limits, judged];
}

function measuredOf(figure: Figure): string[] {
  if ('count' in figure) return [short(figure.count), '', '', '', '1'];
  const { product, baseline, ratio, lowest, highest, rounds } = figure;
  return [
    short(product),
    short(baseline),
    ratio.toFixed(2),
    `${lowest.toFixed(2)} to ${highest.toFixed(2)}`,
    `${rounds}`,
  ];
}

/** Three significant digits below 100, a whole number from there on. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
