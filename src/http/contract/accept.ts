/** Whether a client prefers CSV to JSON (RFC 9110, section 12.5.1). JSON is the default. @param accept the header `Accept` */
export function prefersCsv(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const qualities = new Map(accept.split(',').map(qualityOf));
  const csv = qualities.get('text/csv') ?? qualities.get('text/*') ?? 0;
  const json = qualities.get('application/json') ?? qualities.get('application/*') ?? 0;
  return csv > json;
}

/** A media type, and how much the client wants it. */
function qualityOf(entry: string): [mediaType: string, quality: number] {
  const [mediaType = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.map((each) => /^q=(\d(?:\.\d{0,3})?)$/.exec(each)?.[1]).find((each) => each !== undefined);
  return [mediaType, Number(quality ?? 1)];
}
