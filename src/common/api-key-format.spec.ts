import { digestOf, generateKey, isWellFormedKey, prefixOf } from './api-key-format';

describe('the form of keys', () => {
  it('SEC-06: every key matches the pattern for scanners, carries a right check, and is another one', () => {
    const keys = Array.from({ length: 500 }, generateKey);
    for (const key of keys) {
      expect(key).toMatch(/^gwh_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/);
      expect(isWellFormedKey(key)).toBe(true);
    }
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(keys.map(prefixOf)).size).toBe(keys.length);
  });

  it('SEC-02: one changed character makes a key malformed', () => {
    const key = generateKey();
    for (let at = 0; at < key.length; at += 1) {
      const other = key[at] === 'a' ? 'b' : 'a';
      expect(isWellFormedKey(key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
    }
  });

  it.each(['', 'gwh_', 'gwh_7dK2mQ9x_', `${generateKey()}0`, ` ${generateKey()}`, `${generateKey()}\n`])(
    'SEC-02: %j is no key',
    (text) => {
      expect(isWellFormedKey(text)).toBe(false);
    },
  );

  it('has a check that stays the same in later versions', () => {
    expect(isWellFormedKey('gwh_7dK2mQ9x_0123456789ABCDEFGHIJKLMNOPQRSTUV0FpbXp')).toBe(true);
  });

  it('SEC-06: the digest has 32 bytes, and the prefix has none of the secret', () => {
    const key = generateKey();
    expect(digestOf(key)).toHaveLength(32);
    expect(key.slice(prefixOf(key).length)).toMatch(/^_[0-9A-Za-z]{38}$/);
  });
});
