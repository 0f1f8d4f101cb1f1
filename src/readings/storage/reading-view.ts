import type { Axis, Origin, ReadingKind } from '../reading';
import { AXES } from '../reading';
import { WAVEFORM_STATE_SQL } from './waveform-state.sql';
import type { TimeQuality } from './time-quality';
import type { RateSource, WaveformState } from './vibration-reading.entity';

/** Statistics of one axis. Null: unknown. */
export interface AxisFigures {
  readonly mean: number | null;
  readonly rms: number | null;
  readonly peak: number | null;
  readonly peakToPeak: number | null;
  readonly crest: number | null;
  readonly kurtosis: number | null;
  /** In mm/s. */
  readonly velocityRms: number | null;
  readonly reportedPeak: number | null;
  readonly reportedPeakToPeak: number | null;
  readonly reportedRms: number | null;
}

/** What only a vibration reading has. */
export interface VibrationFigures {
  readonly samples: number;
  readonly sampleRateHz: number | null;
  readonly rateSource: RateSource | null;
  readonly waveformState: WaveformState;
  readonly pinned: boolean;
  /** The axes with samples or reported statistics. */
  readonly axes: Readonly<Partial<Record<Axis, AxisFigures>>>;
}

/** A stored reading of any kind, with the rows above it, as it is read. `bigint` columns are text. */
export interface ReadingView {
  readonly kind: ReadingKind;
  readonly day: string;
  readonly number: string;
  readonly sensorId: string;
  readonly serial: string;
  readonly gatewayId: string;
  readonly factoryId: string;
  readonly organizationId: string;
  readonly era: number;
  /** Negative if the gateway gave the record no id. */
  readonly recordId: string;
  readonly measuredAt: Date;
  readonly receivedAt: Date;
  readonly timeText: string | null;
  readonly timeQuality: TimeQuality;
  readonly origin: Origin;
  readonly feedPosition: string;
  readonly extra: Readonly<Record<string, unknown>> | null;
  /** The temperature or the charge; null for vibration. */
  readonly value: number | null;
  /** Null for other kinds. */
  readonly vibration: VibrationFigures | null;
}

/** Column of each figure of an axis, after the name of the axis. */
const FIGURES: Readonly<Record<keyof AxisFigures, readonly [column: string, type: string]>> = {
  mean: ['mean', 'real'],
  rms: ['rms', 'real'],
  peak: ['peak', 'real'],
  peakToPeak: ['peak_to_peak', 'real'],
  crest: ['crest', 'real'],
  kurtosis: ['kurtosis', 'real'],
  velocityRms: ['velocity_rms', 'real'],
  reportedPeak: ['reported_peak', 'double precision'],
  reportedPeakToPeak: ['reported_peak_to_peak', 'double precision'],
  reportedRms: ['reported_rms', 'double precision'],
};
const FIGURE_NAMES = Object.keys(FIGURES) as (keyof AxisFigures)[];

/** The table of each kind. */
export const TABLES: Readonly<Record<ReadingKind, string>> = {
  vibration: 'vibration_readings',
  temperature: 'temperature_readings',
  battery: 'battery_readings',
};

type Column = readonly [expression: string, name: string, type: string];

const COMMON = [
  ...['day::text AS day', 'number', 'sensor_number', 'era', 'record_id AS "recordId"', 'measured_at AS "measuredAt"'],
  ...['received_at AS "receivedAt"', 'time_text AS "timeText"', 'time_quality AS "timeQuality"', 'origin', 'extra'],
  'feed_position AS "feedPosition"',
].join(', ');

const SCALAR: readonly Column[] = [['value', 'value', 'double precision']];

const VIBRATION: readonly Column[] = [
  ['samples', 'samples', 'integer'],
  ['sample_rate_hz', 'sampleRateHz', 'double precision'],
  ['rate_source', 'rateSource', 'text'],
  [WAVEFORM_STATE_SQL, 'waveformState', 'text'],
  ['pinned', 'pinned', 'boolean'],
  ...AXES.flatMap((axis) =>
    FIGURE_NAMES.map((name): Column => [`${axis}_${FIGURES[name][0]}`, flatName(axis, name), FIGURES[name][1]]),
  ),
];

/** SQL: the columns of a table of readings. Those that only other kinds have are null, so that all tables give the same columns. */
export function columnsOf(kind: ReadingKind): string {
  const [own, foreign] = kind === 'vibration' ? [VIBRATION, SCALAR] : [SCALAR, VIBRATION];
  const columns = [
    ...own.map(([expression, name]) => `${expression} AS "${name}"`),
    ...foreign.map(([, name, type]) => `NULL::${type} AS "${name}"`),
  ];
  // In one order for all kinds: UNION matches columns by their places.
  columns.sort((a, b) => nameIn(a).localeCompare(nameIn(b)));
  return `'${kind}' AS kind, ${COMMON}, ${columns.join(', ')}`;
}

/** The columns of `columnsOf`, and of the rows above a reading, as the database returns them. */
export type FlatRow = Omit<ReadingView, 'vibration'> & Readonly<Record<string, unknown>>;

/** Gathers the columns of a row. */
export function toReadingView(row: FlatRow): ReadingView {
  const { kind, day, number, sensorId, serial, gatewayId, factoryId, organizationId, era, recordId } = row;
  const { measuredAt, receivedAt, timeText, timeQuality, origin, feedPosition, extra, value } = row;
  return {
    ...{ kind, day, number, sensorId, serial, gatewayId, factoryId, organizationId, era, recordId },
    ...{ measuredAt, receivedAt, timeText, timeQuality, origin, feedPosition, extra, value },
    vibration: kind === 'vibration' ? toVibration(row) : null,
  };
}

function toVibration(row: FlatRow): VibrationFigures {
  const axes = AXES.flatMap((axis) => {
    const figures = Object.fromEntries(FIGURE_NAMES.map((name) => [name, row[flatName(axis, name)] ?? null]));
    return Object.values(figures).every((figure) => figure === null) ? [] : [[axis, figures] as const];
  });
  return {
    samples: row['samples'] as number,
    sampleRateHz: row['sampleRateHz'] as number | null,
    rateSource: row['rateSource'] as RateSource | null,
    waveformState: row['waveformState'] as WaveformState,
    pinned: row['pinned'] as boolean,
    axes: Object.fromEntries(axes),
  };
}

function flatName(axis: Axis, name: keyof AxisFigures): string {
  return `${axis}.${name}`;
}

function nameIn(column: string): string {
  return column.slice(column.lastIndexOf('"', column.length - 2));
}
