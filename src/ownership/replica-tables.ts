import { Injectable } from '@nestjs/common';
import { version } from '../common/version';
import { CLAIM, DRAIN, END, FORGET_ENDED, LEAVE, LOOK, PLAN, RECLAIM, REGISTER, RELEASE } from './ownership.sql';
import type { Replica } from './ownership';
import { OwnershipConnection } from './ownership-connection';
import type { Holding, Look, MemberRow, ShardRow } from './protocol/surroundings';

/** The protocol that this version speaks, and those that it can work with. */
export const PROTOCOL = 1;
const OLDEST_PROTOCOL = 1;
const NEWEST_PROTOCOL = 1;

/** `superseded`: a later process of the same name is there. `incompatible`: a replica of another version speaks another protocol. */
export type Registration = 'member' | 'superseded' | 'incompatible';

type MemberCells = [id: string, name: string, state: MemberRow['state'], beat: number];
type ShardCells = [owner: string | null, wanted: string | null, epoch: number];

interface Member extends Replica {
  readonly state: MemberRow['state'];
}

interface LookRow {
  readonly is_member: boolean;
  readonly version: string;
  readonly rev: string;
  readonly members: readonly MemberCells[] | null;
  readonly shards: readonly ShardCells[] | null;
}

/** The statements of the protocol for one replica. Every method rejects when the database does not answer. */
@Injectable()
export class ReplicaTables {
  /** As of the latest look. */
  private members: ReadonlyMap<string, Member> = new Map();
  private shards: readonly ShardRow[] = [];
  private rev = '';

  constructor(private readonly connection: OwnershipConnection) {}

  /** @returns the name of a replica; null if it was not a member at the latest look */
  nameOf(id: string): string | null {
    return this.members.get(id)?.name ?? null;
  }

  /** Those that take part, and how many shards each owns, as of the latest look. */
  all(): readonly (Member & { readonly shards: number })[] {
    const counts = new Map<string, number>();
    for (const { owner } of this.shards) if (owner !== null) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    return [...this.members.values()].map((member) => ({ ...member, shards: counts.get(member.id) ?? 0 }));
  }

  ownerOf(shard: number): string | null {
    return this.shards[shard]?.owner ?? null;
  }

  /** @param generation later than that of any earlier process of the name */
  async register({ id, name }: Replica, generation: number): Promise<Registration> {
    const { rows } = await this.connection.query<{ is_member: boolean; is_superseded: boolean }>(REGISTER, [
      id,
      name,
      generation,
      version,
      PROTOCOL,
      OLDEST_PROTOCOL,
      NEWEST_PROTOCOL,
    ]);
    if (rows[0]?.is_member) return 'member';
    return rows[0]?.is_superseded ? 'superseded' : 'incompatible';
  }

  async look(id: string): Promise<Look> {
    // A revision that differs is another one, also if it is smaller: after a failover the database may have lost the latest changes.
    const { rows } = await this.connection.query<LookRow>(LOOK, [id, this.rev === '' ? -1 : this.rev]);
    const [row] = rows;
    if (!row) throw new Error('the table `cluster` has no row');
    const members = row.members ?? [];
    this.members = new Map(members.map(([id, name, state]) => [id, { id, name, state }]));
    if (row.shards) {
      this.shards = row.shards.map(([owner, wanted, epoch]) => ({ owner, wanted, epoch }));
      this.rev = row.rev;
    }
    if (!row.is_member) return { isMember: false };
    return {
      isMember: true,
      version: Number(row.version),
      members: members.map(([member, , state, beat]) => ({ id: member, state, beat })),
      shards: this.shards,
    };
  }

  end(id: string, beat: number, atVersion: number, by: string): Promise<boolean> {
    return this.change(END, [id, beat, atVersion, by]);
  }

  plan(atVersion: number, changes: readonly (readonly [shard: number, member: string])[]): Promise<boolean> {
    return this.change(PLAN, [atVersion, changes.map(([shard]) => shard), changes.map(([, member]) => member)]);
  }

  claim(id: string, shards: readonly number[]): Promise<Holding[]> {
    return this.take(CLAIM, [id, shards]);
  }

  reclaim(id: string, holdings: readonly Holding[]): Promise<Holding[]> {
    return this.take(RECLAIM, [id, ...columnsOf(holdings)]);
  }

  async release(id: string, holdings: readonly Holding[]): Promise<true> {
    await this.change(RELEASE, [id, ...columnsOf(holdings)]);
    return true;
  }

  async drain(id: string): Promise<true> {
    await this.change(DRAIN, [id]);
    return true;
  }

  async leave(id: string): Promise<true> {
    await this.change(LEAVE, [id]);
    return true;
  }

  async forgetEnded(): Promise<void> {
    await this.change(FORGET_ENDED, []);
  }

  private async change(sql: string, parameters: unknown[]): Promise<boolean> {
    return (await this.connection.query(sql, parameters)).count > 0;
  }

  private async take(sql: string, parameters: unknown[]): Promise<Holding[]> {
    const { rows } = await this.connection.query<{ shard: number; epoch: string }>(sql, parameters);
    return rows.map(({ shard, epoch }): Holding => [shard, Number(epoch)]);
  }
}

function columnsOf(holdings: readonly Holding[]): [shards: number[], epochs: number[]] {
  return [holdings.map(([shard]) => shard), holdings.map(([, epoch]) => epoch)];
}
