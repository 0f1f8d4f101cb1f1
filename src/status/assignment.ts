import { Injectable } from '@nestjs/common';
import type { Shards } from '../ownership/ownership';
import { SHARD_COUNT, shardOf } from '../ownership/shard';

/** The gateways whose sessions this process holds. The registry observes no others. Set by the supervisor. */
@Injectable()
export class Assignment {
  private isAll = false;
  private readonly numbers = new Set<number>();

  get isEmpty(): boolean {
    return !this.isAll && this.numbers.size === 0;
  }

  /** Whether this process does what is done once for all gateways. */
  get hasFirstShard(): boolean {
    return this.isAll || this.numbers.has(0);
  }

  /** Includes gateways that are created later. */
  get shards(): Shards {
    return this.isAll ? 'all' : [...this.numbers];
  }

  includes(gatewayId: string): boolean {
    return this.isAll || this.numbers.has(shardOf(gatewayId));
  }

  add(shards: Shards): void {
    if (shards === 'all') this.isAll = true;
    else for (const shard of shards) this.numbers.add(shard);
  }

  /** Removes these shards, or everything. @throws Error for single shards out of `all` */
  remove(shards: Shards): void {
    if (shards === 'all') {
      this.isAll = false;
      this.numbers.clear();
      return;
    }
    if (this.isAll) throw new Error('an assignment of all gateways must be released as a whole');
    for (const shard of shards) this.numbers.delete(shard);
  }
}

/** Tells whether a gateway is in one of these shards. */
export function gatewaysIn(shards: Shards): (gatewayId: string) => boolean {
  if (shards === 'all' || shards.length === SHARD_COUNT) return () => true;
  const numbers = new Set(shards);
  return (gatewayId) => numbers.has(shardOf(gatewayId));
}
