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
  // A string is matched as a whole and kept, so that these words inside one stay as they are.
  const standard = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (match) =>
    match.startsWith('"') ? match : 'null',
  );
  try {
    return JSON.parse(standard);
  } catch {
    return null;
  }
}
