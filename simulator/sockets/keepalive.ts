import type { Connection } from './connection';
import { settle } from './settle';

/** Pings clients as the usual Python server library does, and closes with 1011 if the pong does not arrive. */
export class Keepalive {
  private readonly unanswered = new WeakSet<Connection>();
  private timer: NodeJS.Timeout | null = null;
  private isSettling = false;

  constructor(private readonly connections: ReadonlySet<Connection>) {}

  /** Pings every `ms` milliseconds, and waits as long for the pong. Null stops it. */
  every(ms: number | null): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = ms === null ? null : setInterval(() => void this.turn(), ms);
  }

  ponged(connection: Connection): void {
    this.unanswered.delete(connection);
  }

  private async turn(): Promise<void> {
    if (this.isSettling) return;
    const { timer } = this;
    this.isSettling = true;
    await settle(); // A pong that has arrived counts, even if this process was too busy to read it.
    this.isSettling = false;
    if (timer !== this.timer) return;
    for (const connection of this.connections) {
      const isUnanswered = this.unanswered.delete(connection);
      if (connection.isFrozen) continue;
      if (isUnanswered) connection.close(1011);
      else if (connection.ping()) this.unanswered.add(connection);
    }
  }
}
