/** Error message for a rejected time zone. */
export const NOT_A_TIME_ZONE =
  'must be UTC or the IANA name of a time zone, area and place, spelled as in the IANA database, such as Europe/Madrid or America/Chicago; abbreviations such as CST mean several zones';

/** Node also accepts offsets such as `+02:00`, but these have no name and no daylight saving time. */
export function isKnownToNode(text: string): boolean {
  try {
    return /^[A-Za-z]/.test(text) && Boolean(new Intl.DateTimeFormat('en', { timeZone: text }));
  } catch {
    return false;
  }
}

/** Names that Node accepts but the IANA database does not have, in this spelling or at all. */
const NOT_IANA = /^SystemV\/|(^|\/)[a-z]/;
/** Names in the spelling of the IANA database, by their lower-case form. Aliases such as `US/Central` are missing. */
const SPELLINGS = new Map(Intl.supportedValuesOf('timeZone').map((name) => [name.toLowerCase(), name]));

/**
 * Whether a text names a single zone unambiguously: UTC, or a name with an area. That includes `Etc/GMT+5` and old names such as
 * `US/Central`, which the IANA database keeps. One-word names are rejected, because some are abbreviations that Node reads in one way
 * only: it takes CST for Chicago, though it may stand for Shanghai. A case other than the database's is rejected too, because many
 * programs look a zone up as a file. Stored names remain valid.
 */
export function isTimeZone(text: string): boolean {
  if (text === 'UTC') return true;
  const spelling = SPELLINGS.get(text.toLowerCase()) ?? text;
  return text.includes('/') && spelling === text && !NOT_IANA.test(text) && isKnownToNode(text);
}
