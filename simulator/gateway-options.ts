import type { Answers } from './answers';
import type { Refusal } from './faults';
import type { ClockSettings } from './model/gateway-clock';
import type { NotificationKind } from './model/gateway-model';
import type { IdMode } from './model/record-ids';
import type { Depth, Schedule } from './model/record-log';
import type { Certificate } from './sockets/listener';
import type { Profile } from './profiles';
import type { ListStyle, NotificationStyle } from './shapes/shape';
import type { SignalsInput } from './signals/signal';

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
  /** How many sensors, all connected, if `serials` are not given. */
  sensors?: number;
  /** Points per axis of a vibration reading. Default 1024, which makes a message of about 25 kB. */
  samples?: number;
  /** Sampling rate in Hz. Default 2560. */
  rateHz?: number;
  /** What the sensors measure: one signal, or one for each axis. Default `machine`, which costs least. */
  signals?: SignalsInput;
  /** Milliseconds between two scheduled measurements of each sensor, by kind. Default: none. They go on while nobody is connected. */
  schedule?: Partial<Schedule>;
  /** How much of each kind the gateway keeps. Default: 100 records, and of a kind with a schedule all of the last 30 days. */
  depth?: Partial<Depth>;
  /** How records are numbered. Default `gateway`. */
  ids?: IdMode;
  /** Default: accurate, UTC, and times as the profile writes them. */
  clock?: Partial<ClockSettings>;
  /** The answer to GET_DYN_CONNECTED. Default: as the profile has it. */
  connectedList?: ListStyle;
  /** The form of notified records. Default: as the profile has it. */
  notification?: NotificationStyle;
  /** How commands are carried out. Default: `usualAnswers()`, where a TAKE_* takes a second. */
  answers?: Partial<Answers>;
  /** Number of this gateway in its fleet; determines its sensors and values. Default 1. */
  number?: number;
  /** Sends 20 MB replies and closes connections from time to time. Default false. */
  chaos?: boolean;
}
