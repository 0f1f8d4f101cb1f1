import type { AxisStatistics } from '../analysis/statistics';

/** What a sensor measures. Each kind has its own table, since gateways number the records of each kind on their own. */
export const READING_KINDS = ['vibration', 'temperature', 'battery'] as const;
export type ReadingKind = (typeof READING_KINDS)[number];

export const AXES = ['x', 'y', 'z'] as const;
export type Axis = (typeof AXES)[number];

/** How a reading arrived: by a notification, out of the gateway's history, or because the service ordered it. */
export type Origin = 'live' | 'history' | 'acquisition';

/** Statistics of one axis as the gateway reports them, in the unit of the samples. */
export interface ReportedStatistics {
  readonly peak: number | null;
  readonly peakToPeak: number | null;
  readonly rms: number | null;
}

/** One record, as it is read from a frame. */
export interface ReceivedRecord {
  readonly kind: ReadingKind;
  readonly serial: number;
  /** The gateway's `ID`; null if the record has none. */
  readonly recordId: number | null;
  /** The gateway's `Time`, as it is written; null if the record has none. */
  readonly timeText: string | null;
  /** The samples of each axis that the record holds, in the unit of the gateway (presumably g). Empty for other kinds. */
  readonly axes: Readonly<Partial<Record<Axis, Float64Array>>>;
  readonly reported: Readonly<Partial<Record<Axis, ReportedStatistics>>>;
  /** The temperature or the charge, as received; null for vibration. */
  readonly value: number | null;
  /** Fields that no column holds; null if there are none. */
  readonly extra: Readonly<Record<string, unknown>> | null;
}

/** A record that cannot be stored as a reading. It is kept as text, so that nothing is dropped in silence. */
export interface UnreadableRecord {
  readonly kind: ReadingKind;
  readonly serial: number | null;
  /** The record as JSON. */
  readonly text: string;
  /** Which field is wrong, and what was expected. */
  readonly reason: string;
}

/** A record on its way into the database. */
export interface NewReading extends ReceivedRecord {
  readonly gatewayId: string;
  readonly origin: Origin;
  readonly receivedAt: Date;
}

/** A large notification of vibration readings that is not parsed yet. */
export interface UnreadFrame {
  readonly gatewayId: string;
  readonly receivedAt: Date;
  readonly json: Buffer;
}

export type { AxisStatistics };

/** One axis, ready to be stored. */
export interface EncodedAxis {
  /** The block that `decodeAxis` reads. */
  readonly block: Buffer;
  readonly statistics: AxisStatistics;
}

/** RMS of the velocity of each axis from 10 to 1,000 Hz, in mm/s, if the sensor has this sample rate; null where it cannot be known. */
export interface Velocities {
  readonly sampleRateHz: number;
  readonly rms: Readonly<Partial<Record<Axis, number | null>>>;
}

/** A reading whose waveform is encoded: what waits in memory, in the spool, and goes to the repository. */
export interface EncodedReading extends Omit<NewReading, 'axes'> {
  readonly axes: Readonly<Partial<Record<Axis, EncodedAxis>>>;
  /** Samples of the longest axis; null for other kinds than vibration. */
  readonly samples: number | null;
  /** Null if the sample rate was not known when the waveform was encoded. */
  readonly velocities: Velocities | null;
}
