/**
 * Follows whether the statements of one owner succeed, so that the owner warns once per outage and not at every try.
 *
 * An outage begins with the first statement that fails, and ends with the first that succeeds. `presumeOver` ends it too; if that was
 * wrong, the next failure begins another.
 */
export class Outage {
  private ongoing = false;
  private presumptions = 0;
  /** Statements that have failed since the start of the process. */
  failures = 0;

  /** @param onBegin called with the error of the first statement that fails */
  constructor(private readonly onBegin: (error: unknown) => void) {}

  get isOngoing(): boolean {
    return this.ongoing;
  }

  /** How often in a row the outage was presumed over, without a statement that succeeded since. */
  get wrongPresumptions(): number {
    return this.presumptions;
  }

  /** Runs a statement and notes whether it succeeds. Rejects as the statement does. */
  async watch<Result>(statement: () => Promise<Result>): Promise<Result> {
    try {
      const result = await statement();
      this.ongoing = false;
      this.presumptions = 0;
      return result;
    } catch (error) {
      this.begin(error);
      throw error;
    }
  }

  begin(error: unknown): void {
    this.failures += 1;
    if (!this.ongoing) this.onBegin(error);
    this.ongoing = true;
  }

  /** Ends the outage although no statement has succeeded yet: the next one is worth a try. */
  presumeOver(): void {
    if (!this.ongoing) return;
    this.ongoing = false;
    this.presumptions += 1;
  }
}
