/** How a `TAKE_*` ends: as it should; without any sign; with `Success` false; with an RTN_ERR that names no command; with one that
 * says the sensor is busy; started, but never measured; measured, but never started. */
export const takeModes = ['usual', 'silent', 'refused', 'nameless-error', 'busy', 'no-reading', 'no-start'] as const;
export type TakeMode = (typeof takeModes)[number];

/** How a gateway carries out commands. What is unknown of real ones can be set either way. */
export interface Answers {
  /** The day `End` is not part of the answer to a history request. */
  endExclusive: boolean;
  /** The most records in one answer, whatever `Max` says. */
  maxCap: number | null;
  /** History requests return the records of all sensors. */
  ignoreSerials: boolean;
  /** What follows applies to the replies to these commands. */
  replyTypes: readonly string[];
  /** Milliseconds before such a reply. */
  replyDelayMs: number;
  /** The gateway does nothing else meanwhile: it answers neither pings nor other clients. */
  replyBlocks: boolean;
  /** Sends the reply to another command, or the records of sensors that were not asked for. */
  replyWrong: 'type' | 'serials' | null;
  /** Speed of such a reply. Everything else waits behind it. */
  replyBytesPerSecond: number | null;
  /** Fills the reply with blanks up to this size. */
  replyMinBytes: number;
  takeMode: TakeMode;
  /** Milliseconds a sensor takes to measure. */
  takeMs: number;
}

export const HISTORY_COMMANDS = ['GET_DYN_READINGS', 'GET_DYN_TEMPS', 'GET_DYN_BATTS'] as const;

export function usualAnswers(): Answers {
  return {
    endExclusive: false,
    maxCap: null,
    ignoreSerials: false,
    replyTypes: HISTORY_COMMANDS,
    replyDelayMs: 0,
    replyBlocks: false,
    replyWrong: null,
    replyBytesPerSecond: null,
    replyMinBytes: 0,
    takeMode: 'usual',
    takeMs: 1000,
  };
}
