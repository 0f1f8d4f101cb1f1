import type { MemberRow } from './surroundings';

interface Beat {
  readonly beat: number;
  /** When it was first seen, by the clock of this process. */
  readonly since: number;
}

/**
 * The beats of other members, as this one has observed them. Only a change counts, and only the clock of the observer: no two clocks
 * are compared.
 */
export class Beats {
  private beats = new Map<string, Beat>();

  /** The ids of the other members, as of the latest look. */
  get peers(): readonly string[] {
    return [...this.beats.keys()];
  }

  has(member: string): boolean {
    return this.beats.has(member);
  }

  /**
   * @param others all other members
   * @param isAnew whether what was observed before says nothing, since this process did not look for too long
   */
  observe(others: readonly MemberRow[], now: number, isAnew: boolean): void {
    const beats = new Map<string, Beat>();
    for (const { id, beat } of others) {
      const known = this.beats.get(id);
      beats.set(id, known?.beat === beat && !isAnew ? known : { beat, since: now });
    }
    this.beats = beats;
  }

  /** Whether a member was seen to look in the last `ms`. */
  isFresh(member: string, now: number, ms: number): boolean {
    const since = this.beats.get(member)?.since;
    return since !== undefined && now - since <= ms;
  }

  /** Members whose beat is unchanged since `before`. */
  unchangedSince(before: number): { id: string; beat: number }[] {
    return [...this.beats].filter(([, { since }]) => since <= before).map(([id, { beat }]) => ({ id, beat }));
  }

  /** When the beat that is unchanged for longest was first seen; infinite without peers. */
  get oldest(): number {
    let oldest = Infinity;
    for (const { since } of this.beats.values()) oldest = Math.min(oldest, since);
    return oldest;
  }
}
