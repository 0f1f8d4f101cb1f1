import type { Owner } from '../ownership/ownership';
import type { ConnectionRecord } from '../status/connection-record';

interface Deletion {
  readonly last: ConnectionRecord;
  /** The owner that could not be told; null if there was none. */
  readonly owner: string | null;
  readonly at: number;
}

/**
 * Gateways that were deleted at this replica, but whose owner could not be told. An owner that lives finds the deletion in the table and tells
 * the live stream of it. If there is none, or it dies before, nobody but this replica can.
 */
export class UntoldDeletions {
  private readonly waiting = new Map<string, Deletion>();

  /**
   * @param foundWithinMs how long an owner that lives may take to find a deletion in the table
   * @param tell told once for each deletion of which no owner tells
   */
  constructor(
    private readonly ownerOf: (gatewayId: string) => Owner | null,
    private readonly foundWithinMs: number,
    private readonly tell: (last: ConnectionRecord) => void,
  ) {}

  /** @param last the record when it was deleted */
  add(last: ConnectionRecord): void {
    const { id } = last.gateway;
    this.waiting.set(id, { last, owner: this.ownerOf(id)?.id ?? null, at: performance.now() });
    this.look();
  }

  /** Its owner has told of the deletion. */
  settle(gatewayId: string): void {
    this.waiting.delete(gatewayId);
  }

  /** Looks which owners still live. Call it at least once a second. */
  look(): void {
    for (const [id, { last, owner, at }] of this.waiting) {
      const now = this.ownerOf(id);
      const isSame = now?.isLive === true && now.id === owner;
      if (isSame && performance.now() - at < this.foundWithinMs) continue;
      this.waiting.delete(id);
      if (!isSame) this.tell(last);
    }
  }
}
