import { frequencyOf, linesOf } from './line-spectrum';
import type { LineSpectrum } from './line-spectrum';

/** Rows in one piece of a file. */
const ROWS_PER_PIECE = 4096;

/** A spectrum as CSV (RFC 4180), in pieces: `frequency_hz`, and a column for each axis, such as `x_mm_s`. */
export function* toSpectrumCsv(spectrum: LineSpectrum): Generator<string> {
  const { axes, unit } = spectrum;
  let piece = `${['frequency_hz', ...axes.map(({ axis }) => `${axis}_${unit}`)].join(',')}\r\n`;
  for (let row = 0; row < linesOf(spectrum); row += 1) {
    piece += `${[frequencyOf(spectrum, row), ...axes.map(({ values }) => values[row] ?? '')].join(',')}\r\n`;
    if ((row + 1) % ROWS_PER_PIECE > 0) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
