import { AXES } from './reading';
import { idOf } from './reading.dto';
import type { AxisFigures, ReadingView } from './storage/reading-view';

type Value = string | number | boolean | null | undefined;

const FIGURES: readonly (readonly [column: string, name: keyof AxisFigures])[] = [
  ['mean', 'mean'],
  ['rms', 'rms'],
  ['peak', 'peak'],
  ['peak_to_peak', 'peakToPeak'],
  ['crest', 'crest'],
  ['kurtosis', 'kurtosis'],
  ['velocity_rms', 'velocityRms'],
];

/** The columns. None has text that people or devices wrote, so no field needs quotes, and no program takes one for a formula. */
const COLUMNS: readonly (readonly [name: string, value: (row: ReadingView) => Value])[] = [
  ['id', idOf],
  ['kind', ({ kind }) => kind],
  ['measured_at', ({ measuredAt }) => measuredAt.toISOString()],
  ['time_quality', ({ timeQuality }) => timeQuality],
  ['received_at', ({ receivedAt }) => receivedAt.toISOString()],
  ['origin', ({ origin }) => origin],
  ['value', ({ value }) => value],
  ['samples', ({ vibration }) => vibration?.samples],
  ['sample_rate_hz', ({ vibration }) => vibration?.sampleRateHz],
  ['waveform_state', ({ vibration }) => vibration?.waveformState],
  ...AXES.flatMap((axis) =>
    FIGURES.map(
      ([column, name]) => [`${axis}_${column}`, (row: ReadingView) => row.vibration?.axes[axis]?.[name]] as const,
    ),
  ),
];

/** The first line of readings as CSV. */
export const READINGS_CSV_HEADER = lineOf(COLUMNS.map(([name]) => name));

/** Readings as lines of CSV (RFC 4180). Null is empty. */
export function toCsvLines(rows: readonly ReadingView[]): string {
  return rows.map((row) => lineOf(COLUMNS.map(([, value]) => value(row)))).join('');
}

function lineOf(values: readonly Value[]): string {
  return `${values.map((value) => value ?? '').join(',')}\r\n`;
}
