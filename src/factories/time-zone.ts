/** What to say of a zone that is refused. */
export const NOT_A_TIME_ZONE =
  'must be UTC or the IANA name of a time zone, area and place, such as Europe/Madrid or America/Chicago; abbreviations such as CST mean several zones';

/** Node also takes offsets such as `+02:00`, which are not names: they know no summer time. */
export function isKnownToNode(text: string): boolean {
  try {
    return /^[A-Za-z]/.test(text) && Boolean(new Intl.DateTimeFormat('en', { timeZone: text }));
  } catch {
    return false;
  }
}

/**
 * Whether a text means one zone for every reader: UTC, or a name with an area. That includes `Etc/GMT+5` and old names such as
 * `US/Central`, which the IANA database keeps. Names of one word are left out, as Node reads abbreviations among them in its own
 * way: CST is Chicago to it, and might be Shanghai to who wrote it. Stored ones stay valid.
 */
export function isTimeZone(text: string): boolean {
  return (text.includes('/') || text.toUpperCase() === 'UTC') && isKnownToNode(text);
}
