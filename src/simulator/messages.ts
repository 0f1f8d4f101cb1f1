/** A message as a gateway understands it. `type` is null when there was none. */
export interface Incoming {
  readonly type: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads what a client sent. Nothing is refused here: a real gateway answers nonsense too, with RTN_ERR. */
export function readMessage(text: string | null): Incoming {
  const message = fieldsOf(parse(text));
  const type = message['Type'];
  return { type: typeof type === 'string' ? type : null, data: fieldsOf(message['Data']) };
}

/** Wraps `data`, which is JSON already, in the envelope of a gateway. */
export function envelope(type: string, data: string): string {
  return `{"Type":"${type}","From":"SERV","Target":"UI","Data":${data}}`;
}

/** RTN_LOGIN. Nobody has recorded a refused one; the fields of an accepted one with `Success` false are assumed. */
export function loginReply(email: string, success: boolean): string {
  const person = success
    ? { First: 'Plant', Last: 'Operations', Success: true, AccessLevel: 2, Verified: true }
    : { First: '', Last: '', Success: false, AccessLevel: 0, Verified: false };
  return envelope('RTN_LOGIN', JSON.stringify({ Email: email, ...person }));
}

/** RTN_ERR. `attempt` is null when the gateway failed before it knew what was asked. */
export function errorReply(attempt: string | null, error: string): string {
  return envelope('RTN_ERR', JSON.stringify({ Attempt: attempt, Error: error }));
}

function parse(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
