import type { Acquisition, AxisStatistics, Completeness, GapList, Reading } from '../../.generated/types.gen';
import type { Tone } from './states';

/** How exact the time of a reading is, if that is worth a remark. */
export const TIME_REMARKS: Record<Reading['time_quality'], string | null> = {
  second: null,
  minute: 'To the minute, as the gateway writes it',
  day: 'The gateway writes only the day: midnight is shown',
  ambiguous: 'In the hour that summer time repeats: it may be an hour too late',
  shifted: 'In the hour that summer time skips: the clock of the gateway may be in another time zone',
  receipt: 'The gateway wrote no readable time: this is when the reading was received',
  implausible: 'The clock of the gateway is wrong: this time cannot be right',
};

export const ORIGINS: Record<Reading['origin'], string> = {
  live: 'Live',
  history: 'From the history',
  acquisition: 'Ordered',
};

type VelocityReason = NonNullable<AxisStatistics['velocity_rms_reason']>;

/** Why there is no velocity. */
export const NO_VELOCITY: Record<VelocityReason, string> = {
  sample_rate_unknown: 'The sample rate was not known. State it in the settings of the sensor.',
  sample_rate_too_low: 'The sample rate is too low for 1,000 Hz.',
  record_too_short: 'The record is too short for 10 Hz: it holds less than 0.8 s.',
  record_too_long: 'The record is too long.',
  no_waveform: 'The record has no samples of this axis.',
  not_computed: 'It was not computed when the reading was stored.',
};

type AcquisitionState = Acquisition['state'];

/** How the state of an order is called, and its colours. */
export const ORDER_LOOKS: Record<AcquisitionState, { readonly label: string; readonly tone: Tone }> = {
  queued: { label: 'Waiting', tone: 'busy' },
  sent: { label: 'Sent', tone: 'busy' },
  started: { label: 'Measuring', tone: 'busy' },
  recovering: { label: 'Looking for it', tone: 'warn' },
  completed: { label: 'Completed', tone: 'ok' },
  failed: { label: 'Failed', tone: 'bad' },
  expired: { label: 'Expired', tone: 'idle' },
  cancelled: { label: 'Cancelled', tone: 'idle' },
};

/** What an order waits for. */
export const BLOCKED_BY: Record<NonNullable<Acquisition['blocked_by']>, string> = {
  gateway_not_connected: 'The gateway is not connected.',
  sensor_not_connected: 'The gateway does not reach the sensor.',
  another_acquisition: 'Another measurement of this gateway is under way.',
  gateway_busy: 'The gateway is still carrying out another command.',
};

type FailureCode = NonNullable<Acquisition['failure']>['code'];

/** Why an order has failed, and what to do. */
export const ORDER_FAILURES: Record<FailureCode, string> = {
  rejected_by_gateway: 'The gateway refused the command.',
  start_refused: 'The sensor did not begin to measure. It may be asleep or out of reach: try again later.',
  start_timeout: 'The sensor did not begin to measure in time. It may be asleep or out of reach: try again later.',
  reading_timeout: 'The measurement began, but no reading arrived in time.',
  session_lost: 'The connection to the gateway was lost, and its history does not have the reading.',
  service_stopped: 'The service stopped meanwhile, and the history of the gateway does not have the reading.',
  queue_full: 'Too many commands wait for this gateway. Try again later.',
};

type Statement = Completeness['kinds'][number]['statement'];

/** How complete the stored readings of a kind are. */
export const STATEMENT_LOOKS: Record<
  Statement,
  { readonly label: string; readonly tone: Tone; readonly means: string }
> = {
  complete: { label: 'Complete', tone: 'ok', means: 'All that the gateway held when it was verified is stored.' },
  catching_up: { label: 'Catching up', tone: 'busy', means: 'The gateway is being asked for what is missing.' },
  gaps: { label: 'Gaps', tone: 'warn', means: 'All that the gateway could still deliver is stored.' },
  unknown: {
    label: 'Unknown',
    tone: 'idle',
    means: 'The gateway is not connected, or was not asked since it connected.',
  },
};

type GapReason = GapList['items'][number]['reason'];

/** Why readings are missing: a short name, and what to know of it. */
export const GAP_REASONS: Record<GapReason, readonly [label: string, means: string]> = {
  not_at_gateway: ['No longer at the gateway', 'The gateway had dropped the records before they were fetched.'],
  too_dense: ['Too many on one day', 'The day has more records than the gateway returns.'],
  unreadable: ['Unreadable', 'The gateway sent records that could not be read.'],
  answer_missing: ['No answer', 'The gateway did not answer. Order a backfill to ask again.'],
};
