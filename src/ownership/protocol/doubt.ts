import type { PeerAnswer } from '../peers';
import type { MemberLoss } from './surroundings';
import type { Timing } from './timing';

/** What a round of questions to all peers has brought. */
export interface Round {
  /** Those that were asked. */
  readonly peers: number;
  readonly answers: ReadonlyMap<string, PeerAnswer>;
}

/**
 * Decides whether sockets may be kept while the database cannot be reached. It never permits an order: peers who are blind now say
 * nothing of claims that were made before, and those of the latest look need not be all.
 */
export class Doubt {
  /** Until then, as far as anybody knows, nobody can have claimed anything. */
  private confirmedAt = -Infinity;
  /** Looks of each peer when it was first asked in this doubt. */
  private firstLooks = new Map<string, number>();
  /** Since when peers are known to see the database while this member does not. */
  private outrunSince: number | null = null;

  constructor(private readonly timing: Timing) {}

  /** Until when sockets may be kept without another round. */
  get until(): number {
    return this.confirmedAt + this.timing.isolatedHoldMs;
  }

  /** Whether a peer has reached the database while this member has not. */
  get isOutrun(): boolean {
    return this.outrunSince !== null;
  }

  /** The database has answered. @param until when that permission ends */
  clear(until: number): void {
    this.confirmedAt = until;
    this.firstLooks.clear();
    this.outrunSince = null;
  }

  /** The permission of the database still holds. */
  confirm(until: number): void {
    this.confirmedAt = Math.max(this.confirmedAt, until);
  }

  /** @returns why everything must be closed; null if it may stay */
  judge({ peers, answers }: Round, now: number, isExpired: boolean): MemberLoss | null {
    const all = [...answers.values()];
    const isOutrun = this.compareLooks(answers);
    if (all.some(({ knowsMe }) => !knowsMe)) return 'told';
    if (peers > 0 && all.filter(({ blindMs }) => blindMs >= 0).length === peers) {
      this.confirmedAt = now;
      return null;
    }
    if (isOutrun) {
      this.outrunSince ??= now;
      return isExpired && now - this.outrunSince > this.timing.cutOffMs ? 'cut_off' : null;
    }
    return isExpired && now > this.until ? 'isolated' : null;
  }

  /** Whether a peer has looked since it was first asked. */
  private compareLooks(answers: ReadonlyMap<string, PeerAnswer>): boolean {
    let isOutrun = false;
    for (const [peer, { looks }] of answers) {
      const first = this.firstLooks.get(peer);
      if (first === undefined) this.firstLooks.set(peer, looks);
      else if (looks > first) isOutrun = true;
    }
    return isOutrun;
  }
}
