/** Types of frames that gateways are known to send. */
const KNOWN_TYPES = [
  ...(['RTN_LOGIN', 'RTN_ERR', 'RTN_DYN', 'RTN_DYN_READINGS', 'RTN_DYN_TEMPS', 'RTN_DYN_BATTS'] as const),
  ...(['NOT_AP_CONN', 'NOT_DYN_CONN', 'NOT_DYN_READING_STARTED', 'NOT_DYN_READING'] as const),
  ...(['NOT_DYN_TEMP', 'NOT_DYN_BATT'] as const),
] as const;

/** What a message is counted as: `other` is a frame of another type, or one that is too large to be looked at; `unreadable` is no frame. */
export const MESSAGE_TYPES = [...KNOWN_TYPES, 'other', 'unreadable'] as const;

export type MessageType = (typeof MESSAGE_TYPES)[number];

const KNOWN: ReadonlyMap<string, MessageType> = new Map(KNOWN_TYPES.map((type) => [type, type]));

/** @param type of a frame, as the gateway has written it; a gateway can write anything */
export function messageType(type: string): MessageType {
  return KNOWN.get(type) ?? 'other';
}
