import type { LossListener, LossReason, Shards, ShardsListener } from './ownership';

/** The listeners of an `Ownership`. Each call resolves when all of them are done, and rejects when one does. */
export class Listeners {
  readonly gained: ShardsListener[] = [];
  readonly given: ShardsListener[] = [];
  readonly lost: LossListener[] = [];

  async tellGained(shards: Shards): Promise<void> {
    await Promise.all(this.gained.map((listener) => listener(shards)));
  }

  async tellGiven(shards: Shards): Promise<void> {
    await Promise.all(this.given.map((listener) => listener(shards)));
  }

  async tellLost(shards: Shards, why: LossReason): Promise<void> {
    await Promise.all(this.lost.map((listener) => listener(shards, why)));
  }
}
