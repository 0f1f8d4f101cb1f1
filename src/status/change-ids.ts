import { randomFillSync } from 'node:crypto';
import { v7 as timeOrderedId } from 'uuid';

const MAX_SEQUENCE = 0xffff_ffff;
/** Random bytes per id, and ids per draw. Drawing costs more than everything else here. */
const RANDOM_BYTES = 16;
const IDS_PER_DRAW = 256;

const ID_OF_VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/;

/**
 * Generates the ids of state changes: UUIDs of version 7 (RFC 9562), strictly increasing because they order the rows of the history.
 * The timestamp follows the clock while the clock is ahead of the last id; otherwise the last id is incremented. A clock that is set
 * back, or was ahead for a while, does not change the order.
 */
export class ChangeIds {
  private latest = '';
  private milliseconds = 0;
  private sequence = 0;
  private readonly random = new Uint8Array(IDS_PER_DRAW * RANDOM_BYTES);
  private drawn = this.random.length;

  next(): string {
    const now = Date.now();
    if (now > this.milliseconds) this.begin(now);
    else if (this.sequence < MAX_SEQUENCE) this.sequence += 1;
    else this.begin(this.milliseconds + 1);
    this.latest = timeOrderedId({ msecs: this.milliseconds, seq: this.sequence, random: this.draw() });
    return this.latest;
  }

  /** Makes all further ids greater than `id`, which another process may have generated; null has no effect. */
  continueAfter(id: string | null): void {
    if (id === null || id <= this.latest || !ID_OF_VERSION_7.test(id)) return;
    this.latest = id;
    this.begin(parseInt(id.replace('-', '').slice(0, 12), 16) + 1);
  }

  private draw(): Uint8Array {
    if (this.drawn === this.random.length) {
      randomFillSync(this.random);
      this.drawn = 0;
    }
    return this.random.subarray(this.drawn, (this.drawn += RANDOM_BYTES));
  }

  private begin(milliseconds: number): void {
    this.milliseconds = milliseconds;
    this.sequence = 0;
  }
}
