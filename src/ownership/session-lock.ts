import { Injectable } from '@nestjs/common';
import { atMost } from '../common/at-most';
import { Config } from '../config/config';
import { advisoryLock } from '../database/advisory-locks';
import { DatabaseClient } from '../database/database-client';
import { PROVE, TRY_LOCK } from './session-lock.sql';

// TCP keep-alives detect a connection that is lost silently (a dead host, a firewall that dropped its state); the systems' default is two
// hours. This end detects the loss first, so the holder knows it before another service can acquire the lock.
const NOTICE_LOSS_MS = 3000; // Then ten probes, one second apart, as set by Node.
const CLOSE_MS = 1000;

/** Interval of the holder's keep-alive query: TCP keep-alives are answered even for a frozen process. */
const PROVE_EVERY_MS = 2000;

/** The holder treats the connection as lost if a query is not answered within this time. */
const NO_ANSWER_MS = 5000;

/** The server releases the lock if it receives nothing for this long. */
export const LOCK_EXPIRES_MS = 8000;

/** Result of an attempt to acquire the lock; `unreachable` means that the database did not answer. */
export type LockOutcome = 'acquired' | 'taken' | 'unreachable';

/**
 * The lock that the service holding a database's sessions owns. It belongs to a connection of its own: PostgreSQL releases it only
 * when that connection is gone or has been silent for too long.
 */
@Injectable()
export class SessionLock {
  private client: DatabaseClient | null = null;
  private onLost: (() => void) | null = null;
  private proving: NodeJS.Timeout | undefined;
  private isProving = false;
  /** When the last answered query was sent, on the monotonic clock. */
  private provedAt = 0;

  constructor(private readonly config: Config) {}

  /** Upper bound on the time since the server last received something from this holder, in milliseconds; null if the lock is not held. */
  get silentMs(): number | null {
    return this.client && performance.now() - this.provedAt;
  }

  /** @param onLost called once if the connection, and with it the lock, is lost before `release` */
  async tryAcquire(onLost: () => void): Promise<LockOutcome> {
    const { databaseAddress, env } = this.config;
    const client = new DatabaseClient({
      address: databaseAddress,
      applicationName: 'gateway-hub session lock',
      connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
      queryTimeoutMs: Math.min(env.DATABASE_STATEMENT_TIMEOUT_MS, NO_ANSWER_MS),
      keepAliveAfterMs: NOTICE_LOSS_MS,
      idleTimeoutMs: LOCK_EXPIRES_MS,
    });
    client.on('end', () => this.onEnd(client));
    try {
      await client.connect();
      const askedAt = performance.now();
      const { rows } = await client.query<{ locked: boolean }>(TRY_LOCK, advisoryLock('sessions'));
      if (rows[0]?.locked) {
        this.client = client;
        this.onLost = onLost;
        this.provedAt = askedAt;
        this.proving = setInterval(() => void this.prove(client), PROVE_EVERY_MS);
        return 'acquired';
      }
      await client.end();
      return 'taken';
    } catch {
      void client.end().catch(() => undefined);
      return 'unreachable';
    }
  }

  async release(): Promise<void> {
    const { client } = this;
    this.client = null;
    clearInterval(this.proving);
    if (client)
      await atMost(
        CLOSE_MS,
        client.end().catch(() => undefined),
      );
  }

  private async prove(client: DatabaseClient): Promise<void> {
    if (this.isProving) return;
    this.isProving = true;
    const askedAt = performance.now();
    try {
      await client.query(PROVE);
      if (client === this.client) this.provedAt = askedAt;
    } catch {
      void client.end().catch(() => undefined); // No answer. Handled like a broken connection.
    } finally {
      this.isProving = false;
    }
  }

  private onEnd(client: DatabaseClient): void {
    if (client !== this.client) return; // Released, or never the holder.
    this.client = null;
    clearInterval(this.proving);
    this.onLost?.();
  }
}
