/** How a login is refused: a = RTN_LOGIN with `Success` false, b = RTN_ERR, c = the socket is closed. */
export type Refusal = 'a' | 'b' | 'c';

/**
 * The points of a session at which a gateway can hang up: right after the upgrade, instead of answering the login, right
 * after accepting it, instead of heeding the subscribe, right after heeding it.
 */
export const steps = ['upgrade', 'login', 'loggedIn', 'subscribe', 'subscribed'] as const;
export type Step = (typeof steps)[number];

/** What is wrong with one gateway at the moment. */
export interface Faults {
  /** Answers plain HTTP with this status instead of upgrading. */
  rejectUpgrade: number | null;
  /** Hangs up at this step, with this close code; 1006 stands for none. */
  closeAt: { readonly step: Step; readonly code: number } | null;
  /** Refuses even right credentials. */
  refuseLogins: Refusal | null;
  muteLogins: boolean;
  /** Says nothing once the login was accepted, and never answers a ping. */
  silentAfterLogin: boolean;
  refuseSubscribe: boolean;
  ignorePings: boolean;
  /** Answers GET_DYN_CONNECTED like firmware that does not know it. */
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
