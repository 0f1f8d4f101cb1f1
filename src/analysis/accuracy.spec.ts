import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aSine } from './analysis.harness';
import { spectrumOf } from './spectrum';
import { velocityRmsOf } from './velocity-rms';
import { windowOf, WINDOWS } from './windows';

const page = readFileSync(join(__dirname, '../../docs/analysis.md'), 'utf8');
const PHASES = Array.from({ length: 16 }, (_, n) => (n * Math.PI) / 8);

/** The cells of a line of the page that begins with this cell. */
function rowOf(first: string): string[] {
  const line = page.split('\n').find((each) => each.startsWith(`| ${first} `));
  return (line ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

/** The value that is farthest from zero, in percent. */
function worst(errors: readonly number[], digits: number): string {
  const error = errors.reduce((most, each) => (Math.abs(each) > Math.abs(most) ? each : most), 0);
  const percent = (100 * error).toFixed(digits);
  return `${percent.replace('-', '−').replace(/^−(0\.0*)$/, '$1')} %`;
}

describe('docs/analysis.md states what is measured', () => {
  it.each(WINDOWS)('of the window %s', (window) => {
    const length = 4096;
    const errorAt = (line: number, phase: number) => {
      const samples = aSine(length, { hz: line, phase }, length);
      const options = { sampleRateHz: length, window, quantity: 'acceleration', scale: 'peak' } as const;
      return Math.max(...spectrumOf(samples, options).amplitudes) - 1;
    };
    const { sum, noiseBandwidth } = windowOf(window, length);
    expect(rowOf(`\`${window}\``)).toEqual([
      (sum / length).toFixed(4),
      noiseBandwidth.toFixed(3),
      ...[0, 0.25, 0.5].map((offset) =>
        worst(
          PHASES.map((phase) => errorAt(400 + offset, phase)),
          2,
        ),
      ),
    ]);
  });

  it.each([
    ['0.16 s (4,096 at 25,600 Hz)', 4096, 25_600],
    ['0.80 s (2,048 at 2,560 Hz)', 2048, 2560],
    ['1.00 s (6,400 at 6,400 Hz)', 6400, 6400],
    ['1.60 s (4,096 at 2,560 Hz)', 4096, 2560],
    ['3.20 s (8,192 at 2,560 Hz)', 8192, 2560],
  ])('of the velocity of a record of %s', (name, length, rate) => {
    const errorOf = (hz: number, phase: number) => {
      const velocity = velocityRmsOf(aSine(length, { hz, phase, offset: 1 }, rate), rate);
      return velocity === null ? null : velocity / (9806.65 / (2 * Math.PI * hz) / Math.SQRT2) - 1;
    };
    const cells = [10, 15, 25, 50, 100, 1000].map((hz) => {
      const errors = PHASES.map((phase) => errorOf(hz, phase)).filter((error) => error !== null);
      return errors.length === 0 ? 'null' : worst(errors, 2);
    });
    expect(rowOf(name)).toEqual(cells);
  });
});
