/**
 * Null if the text is no absolute URL. Use it in place of `URL.canParse`, which Node 20 gets wrong once V8 has optimized the caller: it
 * then reads Latin-1 text as UTF-8 and refuses every host with an umlaut.
 */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
