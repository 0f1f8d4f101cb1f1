import { NAME_SORTS, parseSort, SORTS } from './sort';

describe('a sort', () => {
  it.each([
    ['name', 'name', false],
    ['-name', 'name', true],
    ['name_ci', 'name_ci', false],
    ['-name_ci', 'name_ci', true],
    ['created_at', 'created_at', false],
    ['-created_at', 'created_at', true],
    ['updated_at', 'updated_at', false],
    ['-updated_at', 'updated_at', true],
  ] as const)('%s is by %s, descending: %s', (sort, key, isDescending) => {
    expect(parseSort(sort)).toEqual({ key, isDescending });
  });

  it('by name is also a sort of rows, and every sort exists in both directions', () => {
    expect(SORTS).toEqual(expect.arrayContaining([...NAME_SORTS]));
    for (const sorts of [NAME_SORTS, SORTS]) {
      const ascending = sorts.filter((sort) => !parseSort(sort).isDescending);
      expect([...sorts].sort()).toEqual(ascending.flatMap((sort) => [sort, `-${sort}`]).sort());
    }
  });
});
