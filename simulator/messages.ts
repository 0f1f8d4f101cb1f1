/** A client message as a gateway reads it. `type` is null if it is missing or not a string. */
export interface Incoming {
  readonly type: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Parses a client message. Rejects nothing: a real gateway answers nonsense too, with RTN_ERR. */
export function readMessage(text: string | null): Incoming {
  const message = fieldsOf(parse(text));
  const type = message['Type'];
  return { type: typeof type === 'string' ? type : null, data: fieldsOf(message['Data']) };
}

/** Wraps `data`, which is JSON text, in the envelope of a gateway message. */
export function envelope(type: string, data: string): string {
  return `{"Type":"${type}","From":"SERV","Target":"UI","Data":${data}}`;
}

/** RTN_LOGIN. No refused one has been recorded; its fields are assumed to be those of an accepted one with `Success` false. */
export function loginReply(email: string, success: boolean): string {
  const person = success
    ? { First: 'Plant', Last: 'Operations', Success: true, AccessLevel: 2, Verified: true }
    : { First: '', Last: '', Success: false, AccessLevel: 0, Verified: false };
  return envelope('RTN_LOGIN', JSON.stringify({ Email: email, ...person }));
}

/** RTN_ERR. `attempt` is null if the gateway failed before it read the type of the request. */
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
