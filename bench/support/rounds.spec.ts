import { measureRounds } from './rounds';
import type { Side } from './rounds';

describe('rounds', () => {
  it('measure each side once in every round, and neither always first', async () => {
    const order: Side[] = [];

    const rounds = await measureRounds(100, (side) => {
      order.push(side);
      return Promise.resolve(side);
    });

    expect(rounds).toEqual(Array.from({ length: 100 }, () => ({ product: 'product', baseline: 'baseline' })));
    const firsts = order.filter((_, index) => index % 2 === 0);
    expect(new Set(firsts)).toEqual(new Set(['product', 'baseline']));
  });
});
