/**
 * Null if the text is not an absolute URL. Use this instead of `URL.canParse`, which fails in Node 20 once V8 has optimized the caller: it
 * then reads Latin-1 text as UTF-8 and refuses every host with an umlaut.
 */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
