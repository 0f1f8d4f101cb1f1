import fc from 'fast-check';
import { GatewayRound } from './gateway-round';

it('is all gateways at once if they are few', () => {
  const round = new GatewayRound(3);
  expect(round.next(['b', 'a', 'c'])).toEqual({ gatewayIds: ['b', 'a', 'c'], isAll: true });
  expect(round.next([])).toEqual({ gatewayIds: [], isAll: true });
});

it('gives every gateway that stays its turn within a round, whatever others come and go', () => {
  const ids = fc.uniqueArray(fc.nat({ max: 10_000 }).map(String), { minLength: 1, maxLength: 60 });
  const others = fc.array(fc.uniqueArray(fc.nat({ max: 10_000 }).map(String), { maxLength: 20 }), {
    minLength: 30,
    maxLength: 30,
  });
  fc.assert(
    fc.property(ids, others, fc.integer({ min: 5, max: 20 }), (staying, coming, most) => {
      const round = new GatewayRound(most);
      const seen = new Set<string>();
      // Those that come and go are at most 20, so a round ends within so many turns.
      const turns = Math.ceil((staying.length + 20) / most) + 1;
      for (const extra of coming.slice(0, turns)) {
        const { gatewayIds, isAll } = round.next([...new Set([...staying, ...extra])]);
        if (!isAll && gatewayIds.length > most) return false;
        for (const id of gatewayIds) seen.add(id);
      }
      return staying.every((id) => seen.has(id));
    }),
  );
});
