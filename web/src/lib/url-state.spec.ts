import { choiceIn, choicesIn, numberIn, parseSearch, stringifySearch, textIn } from './url-state';

describe('the state in an address', () => {
  it('is read as it was written, with lists as repeated parameters', () => {
    const search = { q: 'north & south', state: ['auth_failed', 'reconnecting'], page: 2, none: undefined };
    const text = stringifySearch(search);
    expect(text).toBe('?q=north+%26+south&state=auth_failed&state=reconnecting&page=2');
    const read = parseSearch(text);
    expect(textIn(read, 'q')).toBe('north & south');
    expect(choicesIn(read, 'state', ['reconnecting', 'auth_failed', 'connected'])).toEqual([
      ...['reconnecting', 'auth_failed'],
    ]);
    expect(stringifySearch({})).toBe('');
  });

  it('leaves out what is unknown, invalid or the default', () => {
    const read = parseSearch('?sort=nonsense&page=0&size=50&q=+');
    expect(choiceIn(read, 'sort', ['name', '-name'])).toBeUndefined();
    expect(choiceIn({ sort: 'name' }, 'sort', ['name', '-name'], 'name')).toBeUndefined();
    expect(numberIn(read, 'page', { min: 1, max: 9, byDefault: 1 })).toBeUndefined();
    expect(numberIn(read, 'size', { min: 1, max: 100, byDefault: 50 })).toBeUndefined();
    expect(textIn(read, 'q')).toBeUndefined();
    expect(choicesIn(read, 'state', ['connected'])).toBeUndefined();
  });
});
