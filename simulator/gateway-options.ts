import type { Refusal } from './faults';
import type { NotificationKind } from './model/gateway-model';
import type { Certificate } from './sockets/listener';
import type { Profile } from './profiles';

/** The default login of every simulated gateway. Public, not a secret. */
export const DEFAULT_LOGIN = { email: 'ops@example.org', password: 'correct horse' } as const;

export interface SimulatedGatewayOptions {
  /** Default `captured`. */
  profile?: Profile;
  /** Address to listen on. Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Listens on `wss://` with this certificate. Default: none, so `ws://`. Not supported on a shared port. */
  tls?: Certificate;
  /** The accepted login. Default `DEFAULT_LOGIN`. */
  email?: string;
  password?: string;
  /** How a wrong login is refused: a = RTN_LOGIN with `Success` false (default), b = RTN_ERR, c = close. */
  refusal?: Refusal;
  /** Milliseconds between notifications to a subscribed connection. Default 0: only when `notify()` is called. */
  notifyEveryMs?: number;
  /** The kinds of these notifications, in turn. Default temp, batt, temp, reading: mostly small ones. */
  notifyKinds?: readonly NotificationKind[];
  /** The sensors, all connected. Default: three derived from `number`, the last one out of reach. */
  serials?: readonly number[];
  /** Points per axis of a vibration reading. Default 1024, which makes a message of about 25 kB. */
  samples?: number;
  /** Milliseconds between a TAKE_* and its result. Default 50. */
  takeMs?: number;
  /** Number of this gateway in its fleet; determines its sensors and values. Default 1. */
  number?: number;
  /** Sends 20 MB replies and closes connections from time to time. Default false. */
  chaos?: boolean;
}
