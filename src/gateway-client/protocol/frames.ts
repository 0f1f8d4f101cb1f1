import { z } from 'zod';

/** The commands that ask for stored readings. */
export type HistoryType = 'GET_DYN_READINGS' | 'GET_DYN_TEMPS' | 'GET_DYN_BATTS';

/** The commands that make a sensor measure. */
export type TakeType = 'TAKE_DYN_READING' | 'TAKE_DYN_TEMP' | 'TAKE_DYN_BATT';

/** A frame sent to a gateway. It has exactly these four keys: see the vendor's API start-up manual, November 2024. */
export interface OutboundFrame {
  readonly Type:
    'POST_LOGIN' | 'POST_SUB_CHANGES' | 'POST_UNSUB_CHANGES' | 'GET_DYN' | 'GET_DYN_CONNECTED' | HistoryType | TakeType;
  readonly From: 'UI';
  readonly To: 'SERV';
  readonly Data: Readonly<Record<string, string | number | readonly number[]>>;
}

/** The type and data of a received frame. `type` is trimmed and in upper case. */
export interface InboundFrame {
  readonly type: string;
  readonly data: unknown;
  /** Set if the frame has readings, and is so large that only its beginning was kept: there is no data then. */
  readonly isCut?: true;
  /** Set if `data` is not parsed before it is read, which takes long: the message. */
  readonly json?: Buffer;
}

const outbound = (Type: OutboundFrame['Type'], Data: OutboundFrame['Data'] = {}): OutboundFrame => ({
  Type,
  From: 'UI',
  To: 'SERV',
  Data,
});

export const login = (email: string, password: string) => outbound('POST_LOGIN', { Email: email, Password: password });
export const subscribe = outbound('POST_SUB_CHANGES');
export const unsubscribe = outbound('POST_UNSUB_CHANGES');
/** The shortest request that every gateway answers. Used as a heartbeat for gateways that do not answer pings. */
export const probe = outbound('GET_DYN_CONNECTED');
/** Asks for every sensor that the gateway knows, connected or not. */
export const inventory = outbound('GET_DYN', { Serials: [] });

/** What to return of the history. Without serials: of every sensor. The gateway returns the newest records first, 25 by default. */
export interface HistoryWindow {
  readonly serials?: readonly number[];
  /** The first and the last day, `yyyy-mm-dd`. Whether the gateway includes the last one is not documented. */
  readonly from?: string;
  readonly to?: string;
  readonly max?: number;
}

export function history(type: HistoryType, { serials, from, to, max }: HistoryWindow): OutboundFrame {
  return outbound(type, {
    ...(serials && { Serials: serials }),
    ...(from !== undefined && { Start: from }),
    ...(to !== undefined && { End: to }),
    ...(max !== undefined && { Max: max }),
  });
}

export const take = (type: TakeType, serial: number) => outbound(type, { Serial: serial });

// Firmware versions write booleans in different ways.
const plain = (value: unknown) => (typeof value === 'string' ? value.trim().toLowerCase() : value);
const truthy = z.preprocess(plain, z.literal([true, 1, '1', 'true']));
const falsy = z.preprocess(plain, z.literal([false, 0, '0', 'false', null]));
const loginAccepted = z.object({ Success: truthy });
const unsuccessful = z.object({ Success: falsy });

/** The gateway's answer to a login; `unknown` if `Success` is missing or not recognized. */
export function readLogin(data: unknown): 'accepted' | 'refused' | 'unknown' {
  if (loginAccepted.safeParse(data).success) return 'accepted';
  return unsuccessful.safeParse(data).success ? 'refused' : 'unknown';
}

/** Whether a `NOT_DYN_READING_STARTED` says that the sensor did not begin. Without `Success`, it did. */
export function isStartRefused(record: object): boolean {
  return unsuccessful.safeParse(record).success;
}

const errorData = z.union([
  z.object({ Attempt: z.unknown(), Error: z.unknown(), Message: z.unknown() }).partial(),
  z.string().transform((Error) => ({ Error, Attempt: undefined, Message: undefined })),
]);

/** What an `RTN_ERR` says. */
export interface GatewayError {
  /** The command it answers, in upper case; null if it names none. */
  readonly attempt: string | null;
  /** To show to people, never to branch on. It may quote the login. */
  readonly text: string;
}

/** Reads the data of an `RTN_ERR`. */
export function readError(data: unknown): GatewayError {
  const { Attempt, Error, Message } = errorData.catch({}).parse(data);
  const text = Error ?? Message ?? 'no explanation';
  return {
    attempt: typeof Attempt === 'string' && Attempt.trim() !== '' ? Attempt.trim().toUpperCase() : null,
    text: typeof text === 'string' ? text : toJson(text),
  };
}

/** `JSON.stringify` is recursive, `JSON.parse` is not: a gateway can send data that is nested too deeply to write back. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return 'an explanation that cannot be shown';
  }
}
