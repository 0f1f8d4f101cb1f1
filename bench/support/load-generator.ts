import autocannon from 'autocannon';
import { requestsOf } from '../api/requests';
import type { RequestName } from '../api/requests';
import type { Rows } from './bench-database';

/** What to send, where, and for how long. */
export interface Load {
  readonly url: string;
  readonly request: RequestName;
  readonly rows: Rows;
  readonly seconds: number;
}

/** What came of it. */
export interface LoadReport {
  /** Answers with 2xx. */
  readonly perSecond: number;
  readonly refused: number;
  /** Requests that were never answered. */
  readonly unanswered: number;
}

const CONNECTIONS = 32;
const SAMPLE_MS = 50; // It ends at the end of a sample.

// A process of its own: what it costs to ask must not be a part of what it costs to answer.
process.on('message', (load: Load | 'collect') => {
  if (load !== 'collect') void generate(load).then((report) => process.send?.(report));
});

async function generate({ url, request, rows, seconds }: Load): Promise<LoadReport> {
  const requests = requestsOf(request, rows);
  const options = { url, requests, duration: seconds, connections: CONNECTIONS, sampleInt: SAMPLE_MS };
  const result = await autocannon(options);
  return {
    perSecond: result['2xx'] / result.duration,
    refused: result.non2xx,
    unanswered: result.errors,
  };
}
