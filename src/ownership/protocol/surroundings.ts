import type { PeerAnswer } from '../peers';

/** A shard and the epoch with which it is owned. */
export type Holding = readonly [shard: number, epoch: number];

export interface MemberRow {
  readonly id: string;
  readonly state: 'active' | 'draining';
  /** Increases with each look of that member. */
  readonly beat: number;
}

export interface ShardRow {
  /** Null also if the owner is gone. */
  readonly owner: string | null;
  /** Who should own it by the latest plan. */
  readonly wanted: string | null;
  /** Increases each time it is claimed or reclaimed. */
  readonly epoch: number;
}

/** The tables as one statement saw them. `isMember` is false once this member is gone from them; then nothing else is known. */
export type Look =
  | { readonly isMember: false }
  | {
      readonly isMember: true;
      /** Increases with each change of members or plan. */
      readonly version: number;
      /** All that are not gone, this one included. */
      readonly members: readonly MemberRow[];
      /** By number. Another array whenever one of them has changed. */
      readonly shards: readonly ShardRow[];
    };

/** Called exactly once; null: no answer in time or an error, so it is not known whether the statement took effect. */
export type Answer<T> = (result: T | null) => void;

/** The statements of the protocol, for one member. Each is a transaction of its own. */
export interface MemberTables {
  /** Also ends earlier members of the same name. Calling it again changes nothing. False: this member may not take part. */
  register(done: Answer<boolean>): void;
  /** Adds one to its own beat. */
  look(done: Answer<Look>): void;
  /** Ends a member, if its beat and the version are still these. False: nothing was changed. */
  end(id: string, beat: number, version: number, done: Answer<boolean>): void;
  /** False: the version is another by now. */
  plan(version: number, changes: readonly (readonly [shard: number, member: string])[], done: Answer<boolean>): void;
  /** Takes what is wanted for this member and owned by nobody. @param done with what was taken */
  claim(shards: readonly number[], done: Answer<readonly Holding[]>): void;
  /** Raises the epochs of what this member owns with these epochs. @param done with the new ones */
  reclaim(holdings: readonly Holding[], done: Answer<readonly Holding[]>): void;
  /** Gives up what this member owns with these epochs. */
  release(holdings: readonly Holding[], done: Answer<true>): void;
  /** From now on it gets nothing more. */
  drain(done: Answer<true>): void;
  /** It is gone, and everything it owned is free. */
  leave(done: Answer<true>): void;
}

/**
 * Why a member lost shards:
 * - `ended`: another member has ended this one;
 * - `moved`: the table names another owner;
 * - `told`: a peer says that it was ended;
 * - `cut_off`: peers reach the database and this member does not;
 * - `isolated`: neither the database nor the peers can be reached.
 */
export type MemberLoss = 'ended' | 'moved' | 'told' | 'cut_off' | 'isolated';

/** Everything outside the protocol: clock, tables, peers, and the sessions of the shards. */
export interface Surroundings {
  readonly tables: MemberTables;
  /** Monotonic, in milliseconds. */
  now(): number;
  after(ms: number, run: () => void): void;
  /** @param done called at most once, and not at all if the peer does not answer */
  ask(peer: string, done: (answer: PeerAnswer) => void): void;
  tellEnded(peer: string): void;
  /** Asks all peers to look now. */
  nudge(): void;
  onGained(holdings: readonly Holding[]): void;
  /** @param done to be called once no socket is left and everything is stored */
  onGiven(shards: readonly number[], done: () => void): void;
  onLost(shards: readonly number[], why: MemberLoss): void;
  /** The member takes part no more. */
  onOver(why: 'ended' | 'left'): void;
}
