/** Shortest time between two lines, in milliseconds. */
const EVERY_MS = 60_000;

/** A log line about something that may happen thousands of times a second: written at most once a minute, with the count since then. */
export class LimitedLine<About> {
  /** The last one that was not written yet. */
  private latest: { readonly about: About } | null = null;
  private times = 0;
  private writtenAt = -Infinity;

  /** @param write called with the latest case, and with the number of cases since the line before */
  constructor(private readonly write: (about: About, times: number) => void) {}

  /** Notes a case. `report` writes the line. */
  note(about: About): void {
    this.latest = { about };
    this.times += 1;
  }

  /** Writes the line if it is due. Call every second. @param isLast whether to write it even within the minute */
  report(isLast = false): void {
    const now = performance.now();
    if (!this.latest || (!isLast && now < this.writtenAt + EVERY_MS)) return;
    const { latest, times } = this;
    this.latest = null;
    this.times = 0;
    this.writtenAt = now;
    this.write(latest.about, times);
  }
}
