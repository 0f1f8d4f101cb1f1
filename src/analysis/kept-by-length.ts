/** Sensors have few lengths of records. */
const KEPT = 8;
/** Tables of longer ones would take too much memory to be kept. */
const LONGEST_KEPT = 65_536;

/** Makes what depends on the length of a record only, and keeps that of the last few lengths. */
export class KeptByLength<Value> {
  private readonly kept = new Map<number, Value>();

  constructor(private readonly make: (length: number) => Value) {}

  get(length: number): Value {
    const known = this.kept.get(length);
    if (known !== undefined) return known;
    const made = this.make(length);
    if (length > LONGEST_KEPT) return made;
    const [oldest] = this.kept.keys();
    if (this.kept.size === KEPT && oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(length, made);
    return made;
  }
}
