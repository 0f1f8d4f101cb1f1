import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { eventually } from '../../support/eventually';
import { PATIENCE_MS } from './replica';

const LOOK_MS = 25;

const UNOWNED = `SELECT shard FROM shards LEFT JOIN replicas ON replicas.id = owner
  WHERE owner IS NULL OR state = 'gone' OR owner = ANY ($1::uuid[])`;
const OWNERS = 'SELECT shard, owner, epoch FROM shards ORDER BY shard';

/** Reads over and over which shards have no owner that lives, and since when. While PostgreSQL is away, nothing changes. */
export class ShardWatch {
  /** Shards without an owner: since when. */
  private readonly unowned = new Map<number, number>();
  private readonly dead: string[] = [];
  private looks = 0;
  /** When the latest process was declared dead. */
  private lostAt = Infinity;
  private client: Client | null = null;
  private isOver = false;
  private readonly ended: Promise<void>;
  private longestMs = 0;

  /** @param url of the database, by a way that is not cut */
  constructor(private readonly url: string) {
    this.ended = this.lookOn();
  }

  /** Shards of this process count as unowned from now on: it is killed, frozen or cut off. */
  lose(instance: string): void {
    this.dead.push(instance);
    this.lostAt = performance.now();
  }

  /** Waits until every shard has an owner, as of a look that has begun after this call. */
  async untilOwned(): Promise<void> {
    const { looks } = this;
    await eventually(() => {
      expect(this.looks).toBeGreaterThan(looks + 1);
      expect(this.unowned.size).toBe(0);
    }, PATIENCE_MS);
  }

  /** Who owns each shard, and with which epoch, as text to compare. */
  async owners(): Promise<string[]> {
    return eventually(async () => {
      const { rows } = await (await this.connection()).query<{ shard: number; owner: string; epoch: string }>(OWNERS);
      return rows.map(({ shard, owner, epoch }) => `${shard} ${owner} ${epoch}`);
    }, PATIENCE_MS);
  }

  /** The longest time for which a shard had no owner, in milliseconds, since the start or the last call. */
  takeLongestMs(): number {
    const { longestMs } = this;
    this.longestMs = 0;
    return longestMs;
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.ended;
    await this.client?.end().catch(() => undefined);
  }

  private async lookOn(): Promise<void> {
    while (!this.isOver) {
      try {
        await this.look();
      } catch {
        this.client = null; // PostgreSQL is away.
      }
      await sleep(LOOK_MS);
    }
  }

  private async look(): Promise<void> {
    const dead = [...this.dead];
    const { rows } = await (await this.connection()).query<{ shard: number }>(UNOWNED, [dead]);
    const now = performance.now();
    const shards = new Set(rows.map(({ shard }) => shard));
    for (const [shard, since] of this.unowned) {
      if (shards.has(shard)) continue;
      this.unowned.delete(shard);
      this.longestMs = Math.max(this.longestMs, now - since);
    }
    for (const shard of shards) {
      if (!this.unowned.has(shard)) this.unowned.set(shard, Math.min(now, dead.length > 0 ? this.lostAt : now));
    }
    if (shards.size === 0 && dead.length === this.dead.length) this.lostAt = Infinity; // What is free later is free since then.
    this.looks += 1;
  }

  private async connection(): Promise<Client> {
    if (this.client) return this.client;
    const client = new Client({ connectionString: this.url });
    client.on('error', () => (this.client = null));
    await client.connect();
    return (this.client = client);
  }
}
