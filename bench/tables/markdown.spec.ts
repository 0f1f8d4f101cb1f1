import type { JudgedFigure } from '../result';
import { markdownTable } from './markdown';
import type { Runs } from './markdown';

const AIM = 'met, and the aim';
const BAR = { kind: 'at least', bar: 0.7, aim: 0.85 } as const;

const run = (ratio: number, verdict = ''): JudgedFigure => ({
  ...{ id: 'get', title: 'GET', unit: 'requests/s', product: ratio * 10_000, baseline: 10_000, ratio },
  ...{ lowest: ratio - 0.1, highest: ratio + 0.1, rounds: 10, bar: verdict === '' ? null : BAR, verdict },
});

describe('a table of several runs', () => {
  it('shows each run, and the sides of the median run', () => {
    expect(markdownTable([[run(0.9), run(0.5), run(0.8)]]).split('\n')).toEqual([
      '| Figure | Product | Bare | Run 1 | Run 2 | Run 3 | Bar | Aim |  |',
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
      '| GET | 8,000 requests/s | 10,000 | 0.90 (0.80 to 1.00) | 0.50 (0.40 to 0.60) | 0.80 (0.70 to 0.90) |  |  |  |',
    ]);
  });

  it.each([
    [AIM, AIM, 'aim met'],
    [AIM, 'met', 'met'],
    [AIM, 'NOT met', 'met in 1 of 2'],
    ['NOT met', 'NOT met', '**missed**'],
  ])('sums up "%s" and "%s" as %s', (first, second, expected) => {
    const table = markdownTable([[run(0.8, first), run(0.8, second)]]);
    expect(table.endsWith(`| at least 0.7 | 0.85 | ${expected} |`)).toBe(true);
  });

  it('shows a count without sides', () => {
    const count = { id: 'statements', title: 'statements', unit: '/min', count: 9.437, bar: null, verdict: '' };
    expect(markdownTable([[count, { ...count, count: 1234.5 }]])).toMatch(
      /\| statements \| {2}\| {2}\| 9\.44 \| 1,235 \|/,
    );
  });

  it('refuses runs that did not measure the same', () => {
    const rows: Runs[] = [[run(1), run(1)], [run(1)]];
    expect(() => markdownTable(rows)).toThrow('did not measure the same');
  });
});
