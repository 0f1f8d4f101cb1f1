import type { DomainEvents } from '../events/domain-events';
import { digestOf, generateKey, prefixOf } from '../common/api-key-format';
import type { ApiKeysRepository, CachedKeyRow } from './api-keys.repository';
import { AddressNotAllowedError } from './api-key.errors';
import { KeyAuthenticator } from './key-authenticator';
import type { KeyUsage } from './key-usage';
import { VerifiedKeys } from './verified-keys';

const now = new Date('2026-02-09T10:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms);

let table: Map<string, CachedKeyRow>;
let ended: string[];
let reads: (readonly string[] | null)[];
let keys: VerifiedKeys;
let authenticator: KeyAuthenticator;

beforeEach(() => {
  jest.useFakeTimers({ now });
  table = new Map();
  ended = [];
  reads = [];
  const repository: Pick<ApiKeysRepository, 'findUsable'> = {
    findUsable: (ids) => {
      reads.push(ids);
      return Promise.resolve([...table.values()].filter(({ id }) => !ids || ids.includes(id)));
    },
  };
  const events = { publish: (_: string, { keyId }: { keyId: string }) => ended.push(keyId) };
  keys = new VerifiedKeys(repository as ApiKeysRepository, events as unknown as DomainEvents);
  authenticator = new KeyAuthenticator(keys, { note: () => undefined } as unknown as KeyUsage);
});
afterEach(() => {
  keys.onModuleDestroy();
  jest.useRealTimers();
});

/** Stores a key, as another service would, and returns its text. */
function store(id: string, changes: Partial<CachedKeyRow> = {}): string {
  const key = generateKey();
  const none = { scopes: null, allowedNetworks: null, expiresAt: null, revokedAt: null, rotatedFrom: null };
  table.set(id, {
    ...{ id, organizationId: null, name: id, prefix: prefixOf(key), hash: digestOf(key), role: 'viewer', ...none },
    ...{ lastUsedAt: null, lastUsedAddress: null, createdBy: { kind: 'system', id: 's', name: 's' } },
    ...{ createdAt: now, updatedAt: now, revision: 1 },
    ...changes,
  });
  return key;
}

function change(id: string, changes: Partial<CachedKeyRow>): Promise<void> {
  const row = table.get(id);
  if (row) table.set(id, { ...row, ...changes });
  return keys.refresh(id);
}

const actorOf = (key: string, address = '127.0.0.1') => authenticator.authenticate(`Bearer ${key}`, address);

describe('keys in memory', () => {
  it('SEC-02: are found by their text, and all requests share one actor', async () => {
    const key = store('a');
    await keys.reload();
    const actor = actorOf(key);
    expect(actor).toMatchObject({ kind: 'key', id: 'a', organizationId: null });
    expect(actorOf(key)).toBe(actor);
    expect(authenticator.authenticate(`bearer  ${key}`, undefined)).toBe(actor);
    expect(reads).toHaveLength(1);
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b', `Bearer ${generateKey()}`, generateKey()])(
    'SEC-02: no key is found in %j',
    async (header) => {
      store('a');
      await keys.reload();
      expect(authenticator.authenticate(header, '127.0.0.1')).toBeNull();
    },
  );

  it('SEC-04: a key that is gone is not found any more, by its header neither, and its streams end', async () => {
    const [key, other] = [store('a'), store('b')];
    await keys.reload();
    expect([actorOf(key), actorOf(other)]).not.toContain(null);
    table.delete('a');
    await keys.refresh('a');
    expect(actorOf(key)).toBeNull();
    expect(actorOf(other)).not.toBeNull();
    expect(ended).toEqual(['a']);
  });

  it('SEC-04: a reload finds what was missed: new keys, changed ones, and those that are gone', async () => {
    const gone = store('gone');
    const kept = store('kept');
    await keys.reload();
    actorOf(gone);
    table.delete('gone');
    const added = store('added');
    await keys.reload();
    expect([actorOf(gone), actorOf(kept)?.id, actorOf(added)?.id]).toEqual([null, 'kept', 'added']);
    expect(ended).toEqual(['gone']);
  });

  it('SEC-04: a change of rights ends what the key has begun, a new name does not', async () => {
    const key = store('a', { role: 'operator' });
    await keys.reload();
    await change('a', { name: 'New' });
    expect([actorOf(key)?.name, ended]).toEqual(['New', []]);
    await change('a', { scopes: ['gateways:read'] });
    expect([[...(actorOf(key)?.scopes ?? [])], ended]).toEqual([['gateways:read'], ['a']]);
    await change('a', { allowedNetworks: ['10.0.0.0/8'] });
    expect(ended).toEqual(['a', 'a']);
  });

  it('SEC-04: an expired key is refused at once, and its streams end', async () => {
    const key = store('a', { expiresAt: later(90_000) });
    await keys.reload();
    jest.advanceTimersByTime(89_999);
    expect([actorOf(key)?.id, ended]).toEqual(['a', []]);
    jest.advanceTimersByTime(1);
    expect([actorOf(key), ended]).toEqual([null, ['a']]);
  });

  it('SEC-04: an expiry is noticed after the system clock was set', async () => {
    const key = store('a', { expiresAt: later(86_400_000) });
    await keys.reload();
    jest.setSystemTime(later(86_400_000));
    expect([actorOf(key), ended]).toEqual([null, []]);
    jest.advanceTimersByTime(60_000);
    expect(ended).toEqual(['a']);
  });

  it('SEC-04: changes that arrive together are read together, one read at a time', async () => {
    await keys.reload();
    await Promise.all([keys.refresh('a'), keys.refresh('b'), keys.refresh('a')]);
    expect(reads).toEqual([null, ['a', 'b']]);
  });

  it('reads nothing while keys are not in use', async () => {
    await keys.refresh('a');
    expect(reads).toEqual([]);
  });

  it('SEC-05: a read that fails changes nothing', async () => {
    const key = store('a');
    await keys.reload();
    table.get = () => undefined;
    table.values = () => {
      throw new Error('the database is away');
    };
    await expect(keys.reload()).rejects.toThrow('away');
    await expect(keys.refresh('a')).rejects.toThrow('away');
    expect(actorOf(key)).not.toBeNull();
  });

  it.each([
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['11.1.2.3', false],
    ['fd00::1%eth0', true],
    ['fe80::1', false],
  ])('SEC-07: a key with networks is used from %s: %s', async (address, isAllowed) => {
    const key = store('a', { allowedNetworks: ['10.0.0.0/8', 'fd00::/8'] });
    await keys.reload();
    const use = () => actorOf(key, address);
    if (isAllowed) expect(use()).not.toBeNull();
    else expect(use).toThrow(AddressNotAllowedError);
  });

  it('SEC-02: a flood of texts of one key does not make the memory grow, nor loses the key', async () => {
    const key = store('a');
    await keys.reload();
    for (let spaces = 1; spaces <= 10_050; spaces += 1) {
      const verified = keys.findByText(key);
      if (verified) keys.remember(`Bearer ${' '.repeat(spaces)}${key}`, verified);
    }
    expect(keys.findByHeader(`Bearer  ${key}`)).toBeUndefined();
    expect(actorOf(key)?.id).toBe('a');
  });
});
