/** Timeouts that can be cancelled together, so that a closed simulator leaves none behind. */
export class Timers {
  private readonly running = new Set<NodeJS.Timeout>();

  /** Runs `task` after `delayMs` milliseconds; synchronously if that is zero. */
  after(delayMs: number, task: () => void): void {
    if (delayMs <= 0) {
      task();
      return;
    }
    const timer = setTimeout(() => {
      this.running.delete(timer);
      task();
    }, delayMs);
    this.running.add(timer);
  }

  clear(): void {
    for (const timer of this.running) clearTimeout(timer);
    this.running.clear();
  }
}
