const FULL = 64;
const FLUSH_MS = 250;

/** Collects rows, and writes one batch at a time: as soon as there are 64 rows, or 250 ms after the first. */
export class Batches<Row> {
  private rows: Row[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isWriting = false;

  /** @param most rows of a batch */
  constructor(
    private readonly most: number,
    private readonly write: (rows: readonly Row[]) => Promise<unknown>,
  ) {}

  add(row: Row): void {
    this.rows.push(row);
    this.poke();
  }

  private poke(): void {
    if (this.isWriting || this.rows.length === 0) return;
    if (this.rows.length >= FULL) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  private async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isWriting = true;
    await this.write(this.rows.splice(0, this.most));
    this.isWriting = false;
    this.poke();
  }
}
