import { toMultirange } from './multirange';

describe('numbers as a multirange', () => {
  it.each<[number[], string]>([
    [[], '{}'],
    [[7], '{[7,7]}'],
    [[3, 1, 2, 2, 9, 11, 10], '{[1,3],[9,11]}'],
    [[1000, 999, 0], '{[0,0],[999,1000]}'],
    [[Number.MAX_SAFE_INTEGER], '{[9007199254740991,9007199254740991]}'],
  ])('%j', (numbers, expected) => {
    expect(toMultirange(numbers)).toBe(expected);
  });
});
