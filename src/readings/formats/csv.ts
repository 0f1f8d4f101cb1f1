import type { Waveform } from './waveform';

/** Rows in one piece of a file. */
const ROWS_PER_PIECE = 4096;

/**
 * A waveform as CSV (RFC 4180), in pieces: `sample` (the index of the first one of the row), `seconds` after the first sample (empty if the
 * sample rate is unknown), and a column for each axis: `x_g`, or `x_min_g` and `x_max_g` for buckets.
 */
export function* toCsv(waveform: Waveform): Generator<string> {
  const { axes, unit, sampleRateHz, samplesPerBucket } = waveform;
  const parts = samplesPerBucket === null ? [''] : ['min_', 'max_'];
  const names = axes.flatMap(({ axis }) => parts.map((part) => `${axis}_${part}${unit}`));
  let piece = `${['sample', 'seconds', ...names].join(',')}\r\n`;
  const rows = Math.max(0, ...axes.map(({ values }) => values.length / parts.length));
  for (let row = 0; row < rows; row += 1) {
    const sample = row * (samplesPerBucket ?? 1);
    const seconds = sampleRateHz === null ? '' : sample / sampleRateHz;
    const values = axes.flatMap(({ values: all }) => parts.map((_, part) => all[row * parts.length + part] ?? ''));
    piece += `${[sample, seconds, ...values].join(',')}\r\n`;
    if ((row + 1) % ROWS_PER_PIECE > 0) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
