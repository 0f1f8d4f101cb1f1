const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Keyed by the code of the first character. */
const BARE_TOKENS = new Map(['-Infinity', 'Infinity', 'NaN'].map((token) => [token.charCodeAt(0), token]));

/**
 * Replaces bare `NaN` and `Infinity` with null: the gateway's server is written in Python, whose JSON encoder can emit them. A single
 * pass that looks at each character a bounded number of times.
 */
export function withoutBareTokens(text: string): string {
  let result = '';
  let copied = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isInString = !isInString;
    else if (code === BACKSLASH) at += 1;
    if (isInString) continue;
    const token = BARE_TOKENS.get(code);
    if (token === undefined || !text.startsWith(token, at)) continue;
    result += `${text.slice(copied, at)}null`;
    copied = at + token.length;
    at = copied - 1;
  }
  return result + text.slice(copied);
}
