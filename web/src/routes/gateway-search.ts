import { REASON_CODES } from '../lib/advice';
import type { ReasonCode } from '../lib/advice';
import { choiceIn, choicesIn } from '../lib/url-state';
import type { RawSearch } from '../lib/url-state';

/** How far back the strip of states reaches, in hours, and in how many parts: a quarter of an hour, two hours, eight hours. */
export const SPANS = {
  '24h': { hours: 24, parts: 96, label: '24 h' },
  '7d': { hours: 168, parts: 84, label: '7 d' },
  '30d': { hours: 720, parts: 90, label: '30 d' },
} as const;
export type Span = keyof typeof SPANS;
export const SPAN_NAMES = Object.keys(SPANS) as Span[];

/** What the address of the page of a gateway says; a parameter that is missing has its default. */
export interface GatewaySearch {
  /** 24 hours by default. */
  readonly span?: Span | undefined;
  /** What the history is limited to. */
  readonly reason?: ReasonCode[] | undefined;
}

/** Reads it, and leaves out what is invalid. */
export function readGatewaySearch(search: RawSearch): GatewaySearch {
  return { span: choiceIn(search, 'span', SPAN_NAMES, '24h'), reason: choicesIn(search, 'reason', REASON_CODES) };
}
