import type { Moment } from '../common/clock';
import type { ReadingKind } from '../readings/reading';
import type { AcquisitionRow } from './acquisition.entity';
import { awaitsLateReading, isFinal } from './acquisition.machine';
import type { Progress } from './acquisition.machine';
import type { OrderedSensor } from './acquisition.sql';

/** Why a queued acquisition is not sent yet. */
export const BLOCKS = [
  ...(['gateway_not_connected', 'sensor_not_connected', 'another_acquisition', 'gateway_busy'] as const),
] as const;
export type BlockedBy = (typeof BLOCKS)[number];

/** How long each state may last, in milliseconds. */
export interface AcquisitionLimits {
  /** From the command to the start of a vibration measurement, or to a temperature or a charge. */
  readonly startMs: number;
  /** From the start to the reading. */
  readonly readingMs: number;
}

/** How long a reading is looked for after its session was lost, if the gateway does not come back. */
const RECOVERY_MS = 600_000;
/** How long after a failure a reading is still linked to it. */
const LATE_MS = 600_000;

/** An acquisition that the runner carries out. */
export interface Job {
  readonly id: string;
  readonly gatewayId: string;
  readonly sensorId: string;
  readonly kind: ReadingKind;
  readonly serial: number;
  readonly sensorNumber: number;
  /** Whether a schedule has ordered it: an order of a caller goes first. */
  readonly isScheduled: boolean;
  progress: Progress;
  /** When the present state has lasted as long as it may. */
  dueAt: Moment;
  /** By the same clock as the receipt of readings; null if it was not sent. */
  sentAt: Date | null;
  blockedBy: BlockedBy | null;
  isSensorConnected: boolean;
  /** The command that waits for its turn; null if there is none. */
  command: AbortController | null;
  /** Resolves when it is known whether the command that has its turn may be sent; null if none has. */
  marking: Promise<boolean> | null;
  /** What is stored is not what `progress` says. */
  isUnsaved: boolean;
  isSaving: boolean;
  /** Whether the stored readings are to be searched for the one that was ordered. */
  mustLook: boolean;
  isLooking: boolean;
  /** Ends the pause of the gateway's history; null if there is none. */
  endPause: (() => void) | null;
  /** Ends the expectation of the ordered reading; null if there is none. */
  endExpectation: (() => void) | null;
}

export function newJob(row: AcquisitionRow, { serial, sensorNumber, isSensorConnected }: OrderedSensor): Job {
  const { id, gatewayId, sensorId, kind, state, attribution, source, sentAt } = row;
  const { readingId, lateReadingId, failureCode, failureMessage } = row;
  return {
    isScheduled: row.scheduleId !== null,
    ...{ id, gatewayId, sensorId, kind, serial, sensorNumber, isSensorConnected, sentAt },
    progress: {
      ...{ kind, state, attribution, source, readingId, lateReadingId, failureCode, failureMessage },
    },
    ...{ dueAt: Infinity, blockedBy: null, command: null, marking: null, isUnsaved: false, isSaving: false },
    ...{ mustLook: state === 'recovering', isLooking: false, endPause: null, endExpectation: null },
  };
}

/** How long a state may last once it is reached. @returns Infinity for one that lasts, or whose end the order itself says */
export function durationOf({ kind, state }: Progress, { startMs, readingMs }: AcquisitionLimits): number {
  switch (state) {
    case 'sent':
      return startMs;
    case 'started':
      return kind === 'vibration' ? readingMs : startMs;
    case 'recovering':
      return RECOVERY_MS;
    case 'failed':
      return LATE_MS;
    default:
      return Infinity;
  }
}

/** Milliseconds after the command by which a gateway has measured, if it does. */
export function measuredWithin(kind: ReadingKind, { startMs, readingMs }: AcquisitionLimits): number {
  return kind === 'vibration' ? startMs + readingMs : startMs;
}

/** Whether nothing more can happen to it. */
export function isOver({ progress, sentAt }: Job): boolean {
  return isFinal(progress) && !(sentAt !== null && awaitsLateReading(progress));
}
