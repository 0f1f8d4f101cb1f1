/** Text as PostgreSQL accepts it: without NUL and lone surrogates, which it refuses, and with them the whole statement. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** A value as JSON that PostgreSQL accepts as `jsonb`. */
export function storableJson(value: unknown): string {
  // `stringify` escapes lone surrogates and NUL. An escaped backslash is matched too, so that what follows it is not taken for an escape.
  return JSON.stringify(value).replace(/\\\\|\\u(?:0000|d[89a-f][0-9a-f]{2})/g, (escape) =>
    escape === '\\\\' ? escape : '\ufffd',
  );
}
