import type { ChaosResult } from './chaos';

/** Adds up many runs, and remembers the first that broke a promise. */
export class Summary {
  private runs = 0;
  private faults = 0;
  private gains = 0;
  private writes = 0;
  private refused = 0;
  private violations = 0;
  private unconverged = 0;
  private longestOverlapMs = 0;
  private readonly convergedMs: number[] = [];
  private readonly examples: string[] = [];

  /** Whether every promise was kept in every run. */
  get isFine(): boolean {
    return this.violations === 0 && this.unconverged === 0;
  }

  add(seed: number, { world, faults, convergedMs }: ChaosResult): void {
    this.runs += 1;
    this.faults += faults;
    this.gains += world.gains;
    this.writes += world.writes;
    this.refused += world.refusedWrites;
    this.violations += world.violations.length;
    this.longestOverlapMs = Math.max(this.longestOverlapMs, world.sockets.longestOverlapMs);
    const [violation] = world.violations;
    if (violation !== undefined) this.example(`seed ${seed}: ${violation}`);
    if (convergedMs !== null) this.convergedMs.push(convergedMs);
    else {
      this.unconverged += 1;
      this.example(`seed ${seed}: not everything came to its place: ${world.balance.join(', ')} shards`);
    }
  }

  toString(): string {
    const sorted = this.convergedMs.sort((a, b) => a - b);
    const lines = [
      `runs ${this.runs}, faults ${this.faults}, shards gained ${this.gains}`,
      `rows written ${this.writes}, of them refused as stale ${this.refused}`,
      `broken promises ${this.violations}, clusters that did not come to rest ${this.unconverged}`,
      `at rest after the last fault: median ${sorted[sorted.length >> 1] ?? '-'} ms, longest ${sorted.at(-1) ?? '-'} ms`,
      `longest time with two running sockets ${Math.round(this.longestOverlapMs)} ms`,
    ];
    return [...lines, ...this.examples].join('\n');
  }

  private example(text: string): void {
    if (this.examples.length < 4) this.examples.push(text);
  }
}
