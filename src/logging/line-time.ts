let at = 0;
let text = '';

/** The time of a log line as a piece of its JSON, in ISO 8601. Lines of the same millisecond share the text. */
export function lineTime(): string {
  const now = Date.now();
  if (now !== at) {
    at = now;
    text = `,"time":"${new Date(now).toISOString()}"`;
  }
  return text;
}
