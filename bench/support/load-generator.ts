import autocannon from 'autocannon';
import { REQUEST_KINDS } from '../api/requests';
import type { Request, RequestKind } from '../api/requests';
import type { Rows } from './rows';

/** What to send, where, on how many connections, and for how long. */
export interface Load {
  readonly url: string;
  /** The id of a request kind and the rows to build requests from, or prebuilt requests. */
  readonly requests: { readonly kind: string; readonly rows: Rows } | readonly Request[];
  readonly connections: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly seconds: number;
}

export interface LoadReport {
  /** Answers with 2xx. */
  readonly perSecond: number;
  readonly refused: number;
  /** Requests that were never answered. */
  readonly unanswered: number;
}

const SAMPLE_MS = 50; // A run ends at the end of a sample.
const VARIETY = 200;
const JSON_HEADERS = { 'content-type': 'application/json' };

// Runs in its own process, so that the cost of sending is not part of the cost of answering.
process.on('message', (load: Load | 'collect') => {
  if (load !== 'collect') void generate(load).then((report) => process.send?.(report));
});

async function generate({ url, requests, headers, connections, seconds }: Load): Promise<LoadReport> {
  const kind = 'kind' in requests ? kindOf(requests.kind) : null;
  const options = {
    ...{ url, requests: forAutocannon(requests), duration: seconds, connections, sampleInt: SAMPLE_MS },
    headers: { ...headers },
  };
  const letSleep = kind?.isAnsweredFromMemory ? stayAwake() : () => undefined;
  const result = await autocannon(options);
  letSleep();
  return {
    perSecond: result['2xx'] / result.duration,
    refused: result.non2xx,
    unanswered: result.errors,
  };
}

/** Requests without a body come from a few that are built in advance; each body is new. */
function forAutocannon(requests: Load['requests']): autocannon.Request[] {
  if ('kind' in requests) {
    const { make } = kindOf(requests.kind);
    const first = make(requests.rows);
    if (first.body === undefined) return Array.from({ length: VARIETY }, () => make(requests.rows));
    return [{ headers: JSON_HEADERS, setupRequest: (request) => ({ ...request, ...make(requests.rows) }) }];
  }
  return [...requests];
}

function kindOf(id: string): RequestKind {
  const kind = REQUEST_KINDS.find((each) => each.id === id);
  if (!kind) throw new Error(`there is no request ${id}`);
  return kind;
}

/**
 * Polls for answers until the returned function is called. A process that waits lets its core sleep, and the program that answers pays for
 * waking it: up to 14 µs for an answer that takes 60. A program that is fast enough never lets it sleep, and pays nothing. Only for answers
 * from memory: PostgreSQL needs that core.
 */
function stayAwake(): () => void {
  let isAwake = true;
  const poll = (): void => {
    if (isAwake) setImmediate(poll);
  };
  poll();
  return () => (isAwake = false);
}
