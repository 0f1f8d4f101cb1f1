import type { PlanChange } from '../../src/ownership/protocol/plan';
import type { Holding, Look, ShardRow } from '../../src/ownership/protocol/surroundings';

interface ReplicaRow {
  readonly name: string;
  readonly generation: number;
  beat: number;
  state: 'active' | 'draining' | 'gone';
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * The tables in memory: every method is one of the statements in `src/ownership/ownership.sql.ts`, and changes everything at once, like a
 * transaction.
 */
export class ModelTables {
  readonly shards: Writable<ShardRow>[];
  private readonly replicas = new Map<string, ReplicaRow>();
  private version = 0;
  private snapshot: readonly ShardRow[] | null = null;

  constructor(shards: number) {
    this.shards = Array.from({ length: shards }, () => ({ owner: null, wanted: null, epoch: 0 }));
  }

  register(id: string, name: string, generation: number): boolean {
    const known = this.replicas.get(id);
    if (known) return known.state !== 'gone'; // 6. A registration that is sent again must not set its own row back.
    const earlier = [...this.replicas].filter(([, replica]) => replica.name === name);
    if (earlier.some(([, replica]) => replica.generation > generation)) return false;
    for (const [other, { state }] of earlier) if (state !== 'gone') this.remove(other);
    this.replicas.set(id, { name, generation, beat: 0, state: 'active' });
    this.changed();
    return true;
  }

  look(id: string): Look {
    const own = this.replicas.get(id);
    if (!own || own.state === 'gone') return { isMember: false };
    own.beat += 1;
    this.snapshot ??= this.shards.map((shard) => ({ ...shard }));
    const members = [...this.replicas].flatMap(([member, { state, beat }]) =>
      state === 'gone' ? [] : [{ id: member, state, beat }],
    );
    return { isMember: true, version: this.version, members, shards: this.snapshot };
  }

  end(id: string, beat: number, version: number): boolean {
    const replica = this.replicas.get(id);
    if (version !== this.version || !replica || replica.state === 'gone' || replica.beat !== beat) return false;
    this.remove(id);
    return true;
  }

  plan(version: number, changes: readonly PlanChange[]): boolean {
    if (version !== this.version) return false;
    for (const [shard, member] of changes) this.at(shard).wanted = member;
    this.changed();
    return true;
  }

  claim(id: string, shards: readonly number[]): Holding[] {
    if (this.replicas.get(id)?.state !== 'active') return [];
    this.snapshot = null;
    return shards.flatMap((number): Holding[] => {
      const shard = this.at(number);
      if (shard.owner !== null || shard.wanted !== id) return [];
      shard.owner = id;
      shard.epoch += 1;
      return [[number, shard.epoch]];
    });
  }

  reclaim(id: string, holdings: readonly Holding[]): Holding[] {
    if (this.replicas.get(id)?.state !== 'active') return [];
    this.snapshot = null;
    return holdings.flatMap(([number, epoch]): Holding[] => {
      const shard = this.at(number);
      if (shard.owner !== id || shard.epoch !== epoch) return [];
      shard.epoch += 1;
      return [[number, shard.epoch]];
    });
  }

  release(id: string, holdings: readonly Holding[]): true {
    this.snapshot = null;
    for (const [number, epoch] of holdings) {
      const shard = this.at(number);
      if (shard.owner === id && shard.epoch === epoch) shard.owner = null;
    }
    return true;
  }

  drain(id: string): true {
    const replica = this.replicas.get(id);
    if (replica?.state === 'active') {
      replica.state = 'draining';
      this.changed();
    }
    return true;
  }

  leave(id: string): true {
    const replica = this.replicas.get(id);
    if (replica && replica.state !== 'gone') this.remove(id);
    return true;
  }

  /** Whether a write with this epoch is stored, as in the statements that write history and readings. */
  accepts(id: string, [shard, epoch]: Holding): boolean {
    return this.at(shard).owner === id && this.at(shard).epoch === epoch;
  }

  private remove(id: string): void {
    const replica = this.replicas.get(id);
    if (replica) replica.state = 'gone';
    for (const shard of this.shards) if (shard.owner === id) shard.owner = null;
    this.changed();
  }

  private changed(): void {
    this.version += 1;
    this.snapshot = null;
  }

  private at(shard: number): Writable<ShardRow> {
    const row = this.shards[shard];
    if (!row) throw new RangeError(`there is no shard ${shard}`);
    return row;
  }
}
