/**
 * What is refused because this process is not, or may not be, the owner of the gateway any more:
 * - `history`, `login`, `reading`: rows of an earlier epoch, which the database does not store;
 * - `order`: requests that had to wait, as this process could not tell whether it is still the owner.
 */
export const REFUSED_KINDS = ['history', 'login', 'reading', 'order'] as const;
export type RefusedKind = (typeof REFUSED_KINDS)[number];

/** Counts what was refused since the start of the process. Stays at 0 in a sole service. */
export class RefusedWrites {
  private readonly counts = new Map<RefusedKind, number>(REFUSED_KINDS.map((kind) => [kind, 0]));

  /** @param count 0 changes nothing */
  add(kind: RefusedKind, count: number): void {
    this.counts.set(kind, this.of(kind) + count);
  }

  of(kind: RefusedKind): number {
    return this.counts.get(kind) ?? 0;
  }
}
