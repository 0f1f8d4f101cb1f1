import type { InboundFrame, OutboundFrame } from './frames';

export function encode(frame: OutboundFrame): string {
  return JSON.stringify(frame);
}

/** Reads a frame, or gives null for what is none: such a frame is dropped, and the session goes on. */
export function decode(text: string): InboundFrame | null {
  const message = parse(text);
  if (typeof message !== 'object' || message === null || !('Type' in message)) return null;
  if (typeof message.Type !== 'string') return null;
  return { type: message.Type.trim().toUpperCase(), data: 'Data' in message ? message.Data : undefined };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parsePythonJson(text);
  }
}

/** The gateway's server is written in Python, whose JSON writer can emit bare NaN and Infinity. */
function parsePythonJson(text: string): unknown {
  if (!/NaN|Infinity/.test(text)) return null;
  try {
    return JSON.parse(withoutBareTokens(text));
  } catch {
    return null;
  }
}

/** Strings are told apart by their quotes, one at a time: a pattern for a whole one overflows the stack on a large frame. */
function withoutBareTokens(text: string): string {
  let isInString = false;
  return text.replace(/\\.|"|-?\b(?:NaN|Infinity)\b/gs, (match) => {
    if (match === '"') isInString = !isInString;
    return isInString || match === '"' || match.startsWith('\\') ? match : 'null';
  });
}
