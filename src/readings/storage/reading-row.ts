import { AXES } from '../reading';
import type { Axis, EncodedReading, Origin } from '../reading';
import type { TimeQuality } from './time-quality';
import type { RateSource, WaveformState } from './vibration-reading.entity';

/** What identifies a reading. */
export interface ReadingKey {
  readonly sensorNumber: number;
  readonly era: number;
  /** As a decimal number: it has up to 63 bits if it is computed. */
  readonly recordId: string;
  readonly day: string;
}

/** A row of a table of readings, by the properties of its entity. */
export interface ReadingRow extends ReadingKey {
  readonly number: number;
  readonly feedPosition: number;
  readonly measuredAt: Date;
  readonly receivedAt: Date;
  readonly timeText: string | null;
  readonly timeQuality: TimeQuality;
  readonly origin: Origin;
  readonly extra: Readonly<Record<string, unknown>> | null;
  /** The measured values: `value`, or the statistics of the axes, such as `xRms` and `yReportedPeak`. */
  readonly figures: Figures;
  /** Null for other kinds than vibration. */
  readonly waveform: WaveformFacts | null;
}

export type Figures = Readonly<Record<string, number | null>>;

export interface WaveformFacts {
  /** Of the longest axis. */
  readonly samples: number;
  readonly sampleRateHz: number | null;
  readonly rateSource: RateSource | null;
  readonly waveformState: WaveformState;
}

const COMPUTED = ['mean', 'rms', 'peak', 'peakToPeak', 'crest', 'kurtosis'] as const;
const REPORTED = ['peak', 'peakToPeak', 'rms'] as const;

/** The values of a reading, by the properties of its entity. */
export function figuresOf({ kind, value, axes, reported }: EncodedReading): Figures {
  if (kind !== 'vibration') return { value };
  const figures: Record<string, number | null> = {};
  for (const axis of AXES) {
    const statistics = axes[axis]?.statistics;
    for (const name of COMPUTED) figures[axis + capitalized(name)] = toSingle(statistics?.[name] ?? null);
    for (const name of REPORTED) figures[`${axis}Reported${capitalized(name)}`] = reported[axis]?.[name] ?? null;
  }
  return figures;
}

/** Whether a row has the samples of an axis, or had them. */
export function hasAxis({ figures }: ReadingRow, axis: Axis): boolean {
  return (figures[`${axis}Mean`] ?? null) !== null;
}

/** The value of a reading that lists show: the largest RMS of the axes, or the temperature or charge. */
export function mainValue({ figures }: ReadingRow): number | null {
  if ('value' in figures) return figures['value'] ?? null;
  const found = AXES.flatMap((axis) => figures[`${axis}Rms`] ?? []);
  return found.length > 0 ? Math.max(...found) : null;
}

/** As the column stores it: PostgreSQL refuses what single precision cannot hold. */
function toSingle(value: number | null): number | null {
  const single = value === null ? NaN : Math.fround(value);
  return Number.isFinite(single) ? single : null;
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
