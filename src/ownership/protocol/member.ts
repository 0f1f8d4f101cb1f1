import type { PeerAnswer } from '../peers';
import { Beats } from './beats';
import { Doubt } from './doubt';
import { planShards } from './plan';
import type { Holding, Look, MemberLoss, MemberRow, ShardRow, Surroundings } from './surroundings';
import { TIMING } from './timing';
import type { Timing } from './timing';

/** Looks are at least this far apart, however often they are asked for. */
const LOOK_APART_MS = 50;

/** How many shards are given back at once. */
const GIVE_AT_ONCE = 64;

type Tables = Extract<Look, { isMember: true }>;

/**
 * The protocol by which one process owns shards, without I/O and without a clock of its own. The tables decide; a member only acts on
 * what a look at them said, and only for a time that ends before any other may take over.
 *
 * Comments that begin with a number name a defect that the simulation has shown: see docs/clusters.md.
 */
export class Member {
  /** Epochs of the shards it owns. */
  private readonly held = new Map<number, number>();
  /** Shards whose sockets are closing before they are released. */
  private readonly releasing = new Set<number>();
  /** The epochs with which shards were given up. Their release may still be on its way. */
  private readonly givenUp = new Map<number, number>();
  private readonly ending = new Set<string>();
  private readonly beats = new Beats();
  private readonly doubt: Doubt;
  private mode: 'joining' | 'member' | 'over' = 'joining';
  private hasStarted = false;
  private isDraining = false;
  private isClaiming = false;
  private isPlanning = false;
  private isLookDue = false;
  private looks = 0;
  /** When the latest look was sent, whatever became of it. */
  private lookedAt = -Infinity;
  /** When the latest look that was answered was sent. */
  private sentAt = -Infinity;
  private answeredAt = -Infinity;
  /** When a change of its own shards was answered. */
  private changedAt = -Infinity;
  private joinedOrLeftAt = -Infinity;
  private knownMembers = '';
  /** The tables for which nothing is left to plan. */
  private plannedVersion = -1;
  private plannedShards: readonly ShardRow[] | null = null;

  constructor(
    readonly id: string,
    private readonly around: Surroundings,
    private readonly timing: Timing = TIMING,
  ) {
    this.doubt = new Doubt(timing);
  }

  /** When the permission to order ends, unless a look is answered before. */
  get orderUntil(): number {
    return this.sentAt + this.timing.orderMs;
  }

  /** Epochs by shard. */
  get holdings(): ReadonlyMap<number, number> {
    return this.held;
  }

  /** Whether this member knows that it is one. */
  get isCertain(): boolean {
    return this.mode === 'member' && this.around.now() < this.orderUntil;
  }

  /** Whether it takes part, or is about to. */
  get isStarted(): boolean {
    return this.hasStarted && this.mode !== 'over';
  }

  mayOrder(shard: number): boolean {
    return this.held.has(shard) && this.around.now() < this.orderUntil;
  }

  /** Also while its sockets are closing before it is released. */
  mayConnect(shard: number): boolean {
    const isKept = this.held.has(shard) || this.releasing.has(shard);
    return isKept && this.around.now() < Math.max(this.orderUntil, this.doubt.until);
  }

  /** Whether another member was seen to look recently. */
  isLive(member: string): boolean {
    const { lookMs } = this.timing;
    return member === this.id || this.beats.isFresh(member, this.around.now(), 2 * lookMs);
  }

  start(): void {
    this.hasStarted = true;
    this.around.tables.register((isMember) => {
      if (this.mode === 'over') return;
      if (isMember === null) return this.around.after(this.timing.retryMs, () => this.start());
      if (!isMember) return this.end('ended');
      this.lookAgain();
      this.keepWatch();
    });
  }

  /** Gives back everything, shard by shard, and leaves. */
  drain(): void {
    if (this.mode === 'over') return;
    this.isDraining = true;
    this.around.tables.drain((done) => {
      if (done) this.look();
      else this.around.after(this.timing.retryMs, () => this.drain());
    });
  }

  /** Takes part no more, and says nothing more. */
  stop(): void {
    this.mode = 'over';
    this.held.clear();
  }

  /** Looks at the tables now, or in a moment if it just did. */
  look(): void {
    if (this.mode === 'over') return;
    const sentAt = this.around.now();
    if (sentAt - this.lookedAt < LOOK_APART_MS) return this.lookInAMoment();
    this.lookedAt = sentAt;
    this.around.tables.look((look) => {
      if (look && this.mode !== 'over') this.onLook(sentAt, look);
    });
  }

  /** What it says when a peer asks. A promise as well: with a gap behind it, it ends nobody before it has observed anew. */
  answer(from: string): PeerAnswer {
    const silentMs = this.around.now() - this.answeredAt;
    const knowsMe = this.beats.has(from) || this.mode === 'joining';
    return { looks: this.looks, blindMs: silentMs > this.timing.gapMs ? silentMs : -1, knowsMe };
  }

  /** A peer says that it has ended this member. */
  told(): void {
    // 8. Not on its word alone: after an outage, the first to see the database would make all others drop their sockets.
    if (this.mode === 'member' && this.around.now() >= this.orderUntil) this.dropAll('told');
    else this.look();
  }

  private lookAgain(): void {
    this.look();
    this.around.after(this.timing.lookMs, () => {
      if (this.mode !== 'over') this.lookAgain();
    });
  }

  private lookInAMoment(): void {
    if (this.isLookDue) return;
    this.isLookDue = true;
    this.around.after(LOOK_APART_MS, () => {
      this.isLookDue = false;
      this.look();
    });
  }

  private onLook(sentAt: number, look: Look): void {
    if (!look.isMember) return this.end('ended');
    const now = this.around.now();
    const wasBlind = now - this.answeredAt > this.timing.gapMs;
    this.mode = 'member';
    this.looks += 1;
    this.answeredAt = now;
    this.sentAt = Math.max(this.sentAt, sentAt);
    this.beats.observe(
      look.members.filter(({ id }) => id !== this.id),
      now,
      wasBlind,
    );
    this.endTheSilent(look.version, now);
    this.proposePlan(look, now);
    // 1. Read before a change of its own was answered: it would give back what was just given away.
    if (sentAt >= this.changedAt) this.follow(look.shards);
  }

  private endTheSilent(version: number, now: number): void {
    const { expiryMs, lookMs } = this.timing;
    for (const { id, beat } of this.beats.unchangedSince(now - expiryMs)) {
      if (this.ending.has(id)) continue;
      this.ending.add(id);
      this.around.tables.end(id, beat, version, (isEnded) => {
        this.ending.delete(id);
        if (isEnded) this.around.tellEnded(id);
        if (isEnded !== null) this.look();
      });
    }
    const dueMs = this.beats.oldest + expiryMs - now;
    if (dueMs > 0 && dueMs < lookMs) this.around.after(dueMs + 1, () => this.look());
  }

  /** Every member proposes what it sees to be missing; the version lets one of them through. */
  private proposePlan({ version, members, shards }: Tables, now: number): void {
    if (this.isPlanning || (version === this.plannedVersion && shards === this.plannedShards)) return;
    const active = activeOf(members);
    this.noteMembers(active, now);
    const changes = planShards(active, shards);
    if (changes.length === 0) {
      this.plannedVersion = version;
      this.plannedShards = shards;
      return;
    }
    const hasUnplanned = shards.some(({ wanted }) => wanted === null || !active.includes(wanted));
    const settledAt = this.joinedOrLeftAt + this.timing.settleMs;
    if (!hasUnplanned && now < settledAt) return; // Only a balance is missing, and more members may be about to join.
    this.isPlanning = true;
    this.around.tables.plan(version, changes, (isPlanned) => {
      this.isPlanning = false;
      if (isPlanned) this.around.nudge();
      this.look();
    });
  }

  private noteMembers(active: readonly string[], now: number): void {
    const members = active.join();
    if (members === this.knownMembers) return;
    this.knownMembers = members;
    this.joinedOrLeftAt = now;
  }

  /** Makes what it holds agree with the table, which is right. */
  private follow(shards: readonly ShardRow[]): void {
    const gained: Holding[] = [];
    const moved: number[] = [];
    const free: number[] = [];
    const doubtful: Holding[] = [];
    const toGive: number[] = [];
    shards.forEach(({ owner, wanted, epoch }, shard) => {
      const isMine = owner === this.id;
      if (isMine && !this.held.has(shard) && !this.releasing.has(shard) && !this.isClaiming) {
        if (this.isDraining) {
          // 7. Its release was lost. Claiming it again and leaving would cross each other.
          this.givenUp.set(shard, epoch);
          toGive.push(shard);
        } else if (epoch > (this.givenUp.get(shard) ?? 0)) this.take(shard, epoch, gained);
        else doubtful.push([shard, epoch]);
      }
      if (!isMine && this.held.delete(shard)) moved.push(shard);
      if (owner === null && wanted === this.id) free.push(shard);
      if (isMine && wanted !== this.id && this.held.has(shard) && !this.releasing.has(shard)) toGive.push(shard);
    });
    if (gained.length > 0) this.around.onGained(gained);
    if (moved.length > 0) this.around.onLost(moved, 'moved');
    this.claim(free);
    this.reclaim(doubtful);
    if (toGive.length > 0 && this.releasing.size === 0) this.give(toGive.slice(0, GIVE_AT_ONCE));
    if (this.isDraining && toGive.length === 0) this.leaveWhenEmpty();
  }

  private claim(shards: readonly number[]): void {
    if (shards.length === 0 || this.isClaiming || this.isDraining) return;
    this.isClaiming = true;
    this.around.tables.claim(shards, (claimed) => this.onClaimed(claimed));
  }

  /**
   * Takes back what it gave up without knowing whether the table heard of it.
   * 2. Taken back with the old epoch, the late release would free a shard that is owned again. With a new one, it finds nothing.
   */
  private reclaim(holdings: readonly Holding[]): void {
    if (holdings.length === 0 || this.isClaiming) return;
    this.isClaiming = true;
    this.around.tables.reclaim(holdings, (reclaimed) => this.onClaimed(reclaimed));
  }

  private onClaimed(holdings: readonly Holding[] | null): void {
    this.isClaiming = false;
    this.changedAt = this.around.now();
    const gained: Holding[] = [];
    for (const [shard, epoch] of holdings ?? []) this.take(shard, epoch, gained);
    if (gained.length > 0) this.around.onGained(gained);
  }

  private take(shard: number, epoch: number, gained: Holding[]): void {
    const mayTake = this.mode !== 'over' && this.around.now() < this.orderUntil;
    if (!mayTake || this.releasing.has(shard) || this.isDraining) return;
    this.held.set(shard, epoch);
    gained.push([shard, epoch]);
  }

  private give(shards: readonly number[]): void {
    const holdings = shards.map((shard): Holding => [shard, this.held.get(shard) ?? this.givenUp.get(shard) ?? 0]);
    for (const [shard, epoch] of holdings) {
      this.releasing.add(shard);
      this.givenUp.set(shard, epoch);
      this.held.delete(shard);
    }
    this.around.onGiven(shards, () => {
      if (this.mode === 'over') return;
      this.around.tables.release(holdings, () => this.onReleased(shards));
    });
  }

  /** Also when it is not known whether the release took effect. */
  private onReleased(shards: readonly number[]): void {
    // Later than any look that was sent until now, even within the same millisecond.
    this.changedAt = this.around.now() + 0.001;
    for (const shard of shards) this.releasing.delete(shard);
    this.around.nudge();
    this.look();
  }

  private leaveWhenEmpty(): void {
    if (this.held.size > 0 || this.releasing.size > 0 || this.isClaiming) return;
    this.around.tables.leave(() => {
      if (this.mode === 'over') return;
      this.stop();
      this.around.onOver('left');
    });
  }

  private keepWatch(): void {
    this.watch();
    this.around.after(this.timing.askMs, () => {
      if (this.mode !== 'over') this.keepWatch();
    });
  }

  /** Asks the peers what they see, once the permission to order is about to end. */
  private watch(): void {
    const now = this.around.now();
    if (this.mode !== 'member') return;
    if (now < this.orderUntil - this.timing.cutOffMs) return this.doubt.clear(this.orderUntil);
    if (now < this.orderUntil) this.doubt.confirm(this.orderUntil);
    const { peers } = this.beats;
    const answers = new Map<string, PeerAnswer>();
    let isJudged = false;
    const judge = () => {
      if (isJudged || this.mode !== 'member') return;
      isJudged = true;
      const at = this.around.now();
      const why = this.doubt.judge({ peers: peers.length, answers }, at, at >= this.orderUntil);
      if (why) this.dropAll(why);
      else if (this.doubt.isOutrun) this.look();
    };
    for (const peer of peers) {
      this.around.ask(peer, (answer) => {
        answers.set(peer, answer);
        if (answers.size === peers.length) judge();
      });
    }
    this.around.after(this.timing.answerMs, judge);
  }

  /** Closes everything at once. What it owns by the table stays its own until another ends it, but is taken back with a new epoch only. */
  private dropAll(why: MemberLoss): void {
    const shards = [...this.held.keys()];
    for (const [shard, epoch] of this.held) this.givenUp.set(shard, epoch);
    this.held.clear();
    if (shards.length > 0) this.around.onLost(shards, why);
  }

  private end(why: 'ended'): void {
    this.dropAll(why);
    this.stop();
    this.around.onOver(why);
  }
}

function activeOf(members: readonly MemberRow[]): string[] {
  return members
    .filter(({ state }) => state === 'active')
    .map(({ id }) => id)
    .sort();
}
