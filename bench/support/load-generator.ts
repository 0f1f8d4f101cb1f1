import autocannon from 'autocannon';
import { REQUEST_KINDS } from '../api/requests';
import type { Request } from '../api/requests';
import type { Rows } from './bench-database';

/** What to send, where, on how many connections, and for how long. */
export interface Load {
  readonly url: string;
  /** The id of a kind of request and the rows to make them with, or requests that were made already. */
  readonly requests: { readonly kind: string; readonly rows: Rows } | readonly Request[];
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadReport {
  /** Answers with 2xx. */
  readonly perSecond: number;
  readonly refused: number;
  /** Requests that were never answered. */
  readonly unanswered: number;
}

const SAMPLE_MS = 50; // It ends at the end of a sample.
const VARIETY = 200;
const headers = { 'content-type': 'application/json' };

// A process of its own: what it costs to ask must not be a part of what it costs to answer.
process.on('message', (load: Load | 'collect') => {
  if (load !== 'collect') void generate(load).then((report) => process.send?.(report));
});

async function generate({ url, requests, connections, seconds }: Load): Promise<LoadReport> {
  const options = { url, requests: forAutocannon(requests), duration: seconds, connections, sampleInt: SAMPLE_MS };
  const result = await autocannon(options);
  return {
    perSecond: result['2xx'] / result.duration,
    refused: result.non2xx,
    unanswered: result.errors,
  };
}

/** Requests without a body are taken from a few that are made in advance; each body is new. */
function forAutocannon(requests: Load['requests']): autocannon.Request[] {
  if ('kind' in requests) {
    const make = makerOf(requests.kind);
    const first = make(requests.rows);
    if (first.body === undefined) return Array.from({ length: VARIETY }, () => make(requests.rows));
    return [{ headers, setupRequest: (request) => ({ ...request, ...make(requests.rows) }) }];
  }
  return [...requests];
}

function makerOf(id: string): (rows: Rows) => Request {
  const kind = REQUEST_KINDS.find((each) => each.id === id);
  if (!kind) throw new Error(`there is no request ${id}`);
  return kind.make;
}
