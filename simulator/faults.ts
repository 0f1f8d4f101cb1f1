/** How a login is refused: a = RTN_LOGIN with `Success` false, b = RTN_ERR, c = the socket is closed. */
export type Refusal = 'a' | 'b' | 'c';

/**
 * Points of a session at which a gateway can close the connection: right after the upgrade, instead of answering the login, right
 * after accepting the login, instead of accepting the subscribe, right after accepting the subscribe.
 */
export const steps = ['upgrade', 'login', 'loggedIn', 'subscribe', 'subscribed'] as const;
export type Step = (typeof steps)[number];

/** The active faults of one gateway. */
export interface Faults {
  /** Answers plain HTTP with this status instead of upgrading. */
  rejectUpgrade: number | null;
  /** Closes the connection at this step, with this close code; 1006 means no close frame. */
  closeAt: { readonly step: Step; readonly code: number } | null;
  /** Refuses even correct credentials. */
  refuseLogins: Refusal | null;
  muteLogins: boolean;
  /** Ignores commands after an accepted login, and all pings. */
  silentAfterLogin: boolean;
  refuseSubscribe: boolean;
  ignorePings: boolean;
  /** Answers GET_DYN_CONNECTED like firmware that does not know the command. */
  ignoreProbes: boolean;
  /** Keeps TCP connections open when their WebSocket is closed. */
  lingerOnClose: boolean;
  /** Milliseconds before each answer, pongs included. */
  delayMs: number;
}

export function noFaults(): Faults {
  return {
    rejectUpgrade: null,
    closeAt: null,
    refuseLogins: null,
    muteLogins: false,
    silentAfterLogin: false,
    refuseSubscribe: false,
    ignorePings: false,
    ignoreProbes: false,
    lingerOnClose: false,
    delayMs: 0,
  };
}
