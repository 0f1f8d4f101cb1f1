/** Approximate milliseconds between two timer turns: a finer resolution only costs wake-ups. */
const TURN_MS = 20;

/**
 * Calls each member once per period, with the members spread evenly over it. There is a single timer, because ten thousand
 * intervals would distort every benchmark. It runs only while there are members.
 */
export class Ticker {
  private readonly slots: Set<() => void>[];
  private readonly slotOf = new Map<() => void, Set<() => void>>();
  private timer: NodeJS.Timeout | null = null;
  private startedAt = 0;
  private turns = 0;
  private joined = 0;

  /** @param periodMs milliseconds between two calls of one member. */
  constructor(private readonly periodMs: number) {
    this.slots = Array.from({ length: Math.max(1, Math.round(periodMs / TURN_MS)) }, () => new Set<() => void>());
  }

  add(member: () => void): void {
    const slot = this.slots[this.joined++ % this.slots.length];
    if (!slot || this.slotOf.has(member)) return;

    slot.add(member);
    this.slotOf.set(member, slot);
    if (this.timer) return;
    this.startedAt = performance.now();
    this.turns = 0;
    this.timer = setInterval(() => this.turn(), this.turnMs);
  }

  remove(member: () => void): void {
    this.slotOf.get(member)?.delete(member);
    this.slotOf.delete(member);
    if (this.slotOf.size > 0 || !this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  private get turnMs(): number {
    return this.periodMs / this.slots.length;
  }

  private turn(): void {
    // Intervals fire late, never early, so turns are computed from the clock. After a long stall, one round at most is caught up.
    const due = Math.floor((performance.now() - this.startedAt) / this.turnMs);
    this.turns = Math.max(this.turns, due - this.slots.length);
    while (this.turns < due) {
      for (const member of this.slots[this.turns++ % this.slots.length] ?? []) member();
    }
  }
}
