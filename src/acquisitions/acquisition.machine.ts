import type { ReadingKind } from '../readings/reading';

/**
 * `queued`: not sent. `sent`: the gateway has the command. `started`: it has confirmed that the sensor measures. `recovering`: the session
 * was lost after the command, so the reading is looked for in the gateway's history. The others are final.
 */
export const ACQUISITION_STATES = [
  ...(['queued', 'sent', 'started', 'recovering'] as const),
  ...(['completed', 'failed', 'expired', 'cancelled'] as const),
] as const;
export type AcquisitionState = (typeof ACQUISITION_STATES)[number];

export const OPEN_STATES = ['queued', 'sent', 'started', 'recovering'] as const satisfies readonly AcquisitionState[];

export const FAILURE_CODES = [
  /** The gateway has answered with an error. */
  'rejected_by_gateway',
  /** The gateway has said that the sensor did not begin. */
  'start_refused',
  /** The gateway has not said in time that the sensor has begun. */
  'start_timeout',
  /** The reading has not come in time. */
  'reading_timeout',
  /** The session was lost, and the reading is not in the gateway's history. */
  'session_lost',
  /** Too many commands waited for the gateway: it was not sent. */
  'queue_full',
  /** The service was stopped, and the reading is not in the gateway's history. */
  'service_stopped',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Why a reading may still come: what a lost reading fails with if it is not found. */
export type LossCode = Extract<FailureCode, 'session_lost' | 'service_stopped'>;

/**
 * `confirmed`: the gateway has said that the ordered measurement has begun. `assumed`: it was the first reading after the order, but may be
 * one of the sensor's own schedule.
 */
export type Attribution = 'confirmed' | 'assumed';

/** By what the reading came: a notification, or the gateway's history. */
export type ReadingSource = 'live' | 'history';

/** How far an acquisition is. */
export interface Progress {
  readonly kind: ReadingKind;
  readonly state: AcquisitionState;
  /** Null as long as neither is known. */
  readonly attribution: Attribution | null;
  readonly source: ReadingSource | null;
  readonly readingId: string | null;
  /** Of a failed acquisition: the reading that came after all. */
  readonly lateReadingId: string | null;
  /** Why it has failed; while it is recovering, why it fails if the reading is not found. */
  readonly failureCode: FailureCode | null;
  /** The gateway's words, safe to show; null if there are none. */
  readonly failureMessage: string | null;
}

export type AcquisitionEvent =
  /** The command goes out to the gateway. */
  | { readonly type: 'sent' }
  /** The gateway says that the sensor has begun, or has not. */
  | { readonly type: 'started' | 'startRefused' }
  /** The gateway answers the command with an error. */
  | { readonly type: 'rejected'; readonly message: string | null }
  | { readonly type: 'queueFull' }
  /** A reading that may be the ordered one is stored. */
  | { readonly type: 'reading'; readonly readingId: string; readonly source: ReadingSource }
  /** The state has lasted as long as it may. */
  | { readonly type: 'due' }
  /** Whatever the gateway was about to say is lost. */
  | { readonly type: 'lost'; readonly code: LossCode }
  /** The gateway's history does not have the reading. */
  | { readonly type: 'notFound' }
  | { readonly type: 'cancel' };

const LATE_CODES: ReadonlySet<FailureCode | null> = new Set([
  ...(['start_timeout', 'reading_timeout', 'session_lost', 'service_stopped'] as const),
]);

export function newProgress(kind: ReadingKind): Progress {
  return {
    ...{ kind, state: 'queued', attribution: null, source: null, readingId: null, lateReadingId: null },
    ...{ failureCode: null, failureMessage: null },
  };
}

/** Whether nothing is expected to happen any more, but for a late reading. */
export function isFinal({ state }: Pick<Progress, 'state'>): boolean {
  return !(OPEN_STATES as readonly AcquisitionState[]).includes(state);
}

/** Whether the sensor may be measuring. */
export function isRunning({ state }: Pick<Progress, 'state'>): boolean {
  return state === 'sent' || state === 'started';
}

/** Whether a reading that comes now is linked as a late one. */
export function awaitsLateReading({ state, failureCode, lateReadingId }: Progress): boolean {
  return state === 'failed' && lateReadingId === null && LATE_CODES.has(failureCode);
}

/** Pure: no clock, no database. Returns the same object if the event changes nothing: late or stray news. */
export function step(progress: Progress, event: AcquisitionEvent): Progress {
  switch (progress.state) {
    case 'queued':
      return whileQueued(progress, event);
    case 'sent':
    case 'started':
      return whileRunning(progress, event);
    case 'recovering':
      return whileRecovering(progress, event);
    case 'failed':
      return event.type === 'reading' && awaitsLateReading(progress)
        ? { ...progress, lateReadingId: event.readingId }
        : progress;
    default:
      return progress;
  }
}

function whileQueued(progress: Progress, event: AcquisitionEvent): Progress {
  switch (event.type) {
    case 'sent':
      return { ...progress, state: 'sent' };
    case 'cancel':
      return { ...progress, state: 'cancelled' };
    case 'due':
      return { ...progress, state: 'expired' };
    case 'queueFull':
      return failed(progress, 'queue_full');
    default:
      return progress;
  }
}

function whileRunning(progress: Progress, event: AcquisitionEvent): Progress {
  switch (event.type) {
    case 'started':
      // Gateways announce the start of vibration only.
      if (progress.state === 'started' || progress.kind !== 'vibration') return progress;
      return { ...progress, state: 'started', attribution: 'confirmed' };
    case 'startRefused':
      return progress.kind === 'vibration' ? failed(progress, 'start_refused') : progress;
    case 'rejected':
      return { ...failed(progress, 'rejected_by_gateway'), failureMessage: event.message };
    case 'reading':
      return completed(progress, event);
    case 'due': {
      const isStartMissing = progress.state === 'sent' && progress.kind === 'vibration';
      return failed(progress, isStartMissing ? 'start_timeout' : 'reading_timeout');
    }
    case 'lost':
      return { ...progress, state: 'recovering', failureCode: event.code };
    default:
      return progress;
  }
}

/** What a gateway says in a later session is not about a command of an earlier one, but for the reading itself. */
function whileRecovering(progress: Progress, event: AcquisitionEvent): Progress {
  switch (event.type) {
    case 'reading':
      return completed(progress, event);
    case 'notFound':
    case 'due':
      return { ...progress, state: 'failed' };
    default:
      return progress;
  }
}

function completed(
  progress: Progress,
  { readingId, source }: { readonly readingId: string; readonly source: ReadingSource },
): Progress {
  const attribution = progress.attribution ?? 'assumed';
  return { ...progress, state: 'completed', attribution, readingId, source, failureCode: null };
}

function failed(progress: Progress, failureCode: FailureCode): Progress {
  return { ...progress, state: 'failed', failureCode };
}
