export const SIDES = ['product', 'baseline'] as const;

/** What is measured, or what it is compared with. */
export type Side = (typeof SIDES)[number];

/** Both sides, measured one right after the other. */
export type Round<Value> = Record<Side, Value>;

/** Measures both sides `count` times. The order within a round is random, so that neither side always follows the other. */
export async function measureRounds<Value>(
  count: number,
  measure: (side: Side) => Promise<Value>,
): Promise<Round<Value>[]> {
  const rounds: Round<Value>[] = [];
  while (rounds.length < count) {
    if (Math.random() < 0.5) {
      const product = await measure('product');
      rounds.push({ product, baseline: await measure('baseline') });
    } else {
      const baseline = await measure('baseline');
      rounds.push({ product: await measure('product'), baseline });
    }
  }
  return rounds;
}
