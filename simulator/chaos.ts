import type { Connection } from './sockets/connection';
import { envelope } from './messages';
import { seededRandom } from './seeded-random';
import type { Timers } from './timing/timers';

const CLOSE_CODES = [1000, 1001, 1006, 1011] as const;
const MIN_WAIT_MS = 2000;
const MAX_WAIT_MS = 10_000;

let hugeReply: string | null = null;

/** A vibration reply of 20 MB, as an oversized history request would return. Built once per process. */
export function hugeReadingsReply(): string {
  hugeReply ??= envelope(
    'RTN_DYN_READINGS',
    `[{"ID":1,"Serial":30000011,"Time":"2025-05-19 16:20","X":[${'-0.0123,'.repeat(2_500_000)}0]}]`,
  );
  return hugeReply;
}

/** Disturbs a connection at random intervals: unsolicited 20 MB replies, and closes with various codes. */
export class Chaos {
  private readonly random: () => number;

  constructor(
    private readonly timers: Timers,
    seed: number,
  ) {
    this.random = seededRandom(seed);
  }

  /** Disturbs this connection until it closes. */
  follow(connection: Pick<Connection, 'close' | 'send'>): void {
    const waitMs = MIN_WAIT_MS + (MAX_WAIT_MS - MIN_WAIT_MS) * this.random();
    this.timers.after(waitMs, () => {
      const choice = Math.floor(this.random() * (CLOSE_CODES.length + 1));
      const code = CLOSE_CODES[choice];
      if (code !== undefined) connection.close(code);
      else if (connection.send(hugeReadingsReply())) this.follow(connection);
    });
  }
}
