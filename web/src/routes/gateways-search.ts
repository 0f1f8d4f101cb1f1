import { REASON_CODES } from '../lib/advice';
import type { ReasonCode } from '../lib/advice';
import { STATES } from '../lib/states';
import { choiceIn, choicesIn, idIn, numberIn, textIn } from '../lib/url-state';
import type { RawSearch } from '../lib/url-state';

/** What the service sorts connections by; `name_ci` is the default. */
const SORTS = ['name_ci', 'state', 'since', 'last_message_at', 'latency_ms', 'attempt', 'reconnects'] as const;
const GATEWAY_SORTS = SORTS.flatMap((sort) => [sort, `-${sort}`] as const);

/** What the address of the list says; a parameter that is missing has its default. */
export interface GatewaysSearch {
  /** Part of a name or a label. */
  readonly q?: string | undefined;
  readonly state?: (typeof STATES)[number][] | undefined;
  readonly reason?: ReasonCode[] | undefined;
  /** Id of a factory. */
  readonly factory?: string | undefined;
  /** Id of an organization. */
  readonly organization?: string | undefined;
  readonly sort?: (typeof GATEWAY_SORTS)[number] | undefined;
  /** From 1. */
  readonly page?: number | undefined;
  readonly size?: number | undefined;
}

/** Reads them, and leaves out what is invalid. */
export function readGatewaysSearch(search: RawSearch): GatewaysSearch {
  return {
    q: textIn(search, 'q'),
    state: choicesIn(search, 'state', STATES),
    reason: choicesIn(search, 'reason', REASON_CODES),
    factory: idIn(search, 'factory'),
    organization: idIn(search, 'organization'),
    sort: choiceIn(search, 'sort', GATEWAY_SORTS, 'name_ci'),
    page: numberIn(search, 'page', { min: 1, max: 100_000, byDefault: 1 }),
    size: numberIn(search, 'size', { min: 1, max: 100, byDefault: 50 }),
  };
}
