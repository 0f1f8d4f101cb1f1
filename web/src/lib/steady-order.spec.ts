import { countMisplaced, inOrderOf } from './steady-order';

const rows = (ids: string) => ids.split(' ').map((id) => ({ id }));
const idsOf = (list: readonly { id: string }[]) => list.map(({ id }) => id).join(' ');

describe('the order of a list that somebody looks at', () => {
  it('stays as it is shown, without rows that are gone, and with new ones last in their order', () => {
    expect(idsOf(inOrderOf(['a', 'b', 'c'], rows('c a b')))).toBe('a b c');
    expect(idsOf(inOrderOf(['a', 'b', 'c'], rows('x c y a')))).toBe('a c x y');
  });

  it('differs from the real one by the rows at another place', () => {
    expect(countMisplaced(rows('a b c'), rows('a b c'))).toBe(0);
    expect(countMisplaced(rows('a b c'), rows('b a c'))).toBe(2);
  });
});
