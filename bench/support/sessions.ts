import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionPageDto } from '../../src/status/connection-status.dto';
import type { ApiClient } from '../../test/support/api-client';
import { bodyOf } from '../../test/support/api-client';
import type { SessionReport } from '../baselines/session-loop';
import type { BenchProcess } from './bench-process';

/** Both sides report when each session was established, so the results do not depend on this interval. */
const POLL_MS = 250;
const PATIENCE_MS = 300_000;
const PAGE = 100;

/** The sessions of one side, read from outside. Reading costs the side next to nothing until all are connected. */
export interface Sessions {
  connected(): Promise<number>;
  /** When the first and the last of the connected sessions were established, how many frames they have received, and as of when. */
  report(): Promise<SessionReport>;
}

export function bareSessions(baseline: BenchProcess): Sessions {
  const report = (): Promise<SessionReport> => baseline.ask<SessionReport>('sessions');
  return { report, connected: async () => (await report()).connected };
}

export function productSessions(api: ApiClient): Sessions {
  const page = (query: string): Promise<ConnectionPageDto> =>
    bodyOf<ConnectionPageDto>(api.get(`/api/connections?state=connected&${query}`));
  return {
    connected: async () => (await page('limit=1')).pagination.total,
    report: async () => {
      const statuses: ConnectionPageDto['data'] = [];
      for (let hasNext = true; hasNext;) {
        const { data, pagination } = await page(`limit=${PAGE}&offset=${statuses.length}`);
        statuses.push(...data);
        ({ hasNext } = pagination);
      }
      const connectedAt = statuses.map(({ connected_at }) => Date.parse(connected_at ?? ''));
      return {
        connected: statuses.length,
        firstConnectedAt: Math.min(...connectedAt),
        lastConnectedAt: Math.max(...connectedAt),
        messages: statuses.reduce((sum, { messages_received }) => sum + messages_received, 0),
        at: Math.max(...statuses.map(({ as_of }) => Date.parse(as_of))),
      };
    },
  };
}

/**
 * Waits until `count` gateways are connected, none before `since` (epoch milliseconds), and returns the report.
 * @throws Error after five minutes
 */
export async function untilConnected(sessions: Sessions, count: number, since = 0): Promise<SessionReport> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const connected = await sessions.connected();
    if (connected === count) {
      const report = await sessions.report();
      if (report.connected === count && report.firstConnectedAt >= since) return report;
    }
    if (performance.now() > deadline) throw new Error(`only ${connected} of ${count} gateways are connected`);
    await sleep(POLL_MS);
  }
}
