import { inspect } from 'node:util';
import { SYSTEM } from '../../src/common/actor';
import type { Actor } from '../../src/common/actor';
import { CredentialCipher, CredentialsUnreadableError } from '../../src/crypto/credential-cipher';
import { Secret } from '../../src/crypto/secret';
import { createDataSource } from '../../src/schema/data-source';
import { resealPasswords } from '../../src/gateways/gateway-passwords.repository';
import { Gateway, PASSWORD_PURPOSE, passwordBinding } from '../../src/gateways/gateway.entity';
import type { GatewayRow } from '../../src/gateways/gateway.entity';
import { PasswordRequiredError } from '../../src/gateways/gateway.errors';
import { GatewaysRepository } from '../../src/gateways/gateways.repository';
import type { NewGateway } from '../../src/gateways/gateways.repository';
import { sealV1 } from '../support/sealed-v1';
import { aKey, aNewGateway, configOf, Store } from './support/store';

const ALL = { limit: 100, offset: 0 };
const NOBODY = '00000000-0000-4000-8000-000000000000';
const PASSWORD = 'correct horse – ключ 🔑';

/** May do everything but redirect. */
const MAY_NOT_REDIRECT: Actor = {
  ...SYSTEM,
  id: 'writer',
  scopes: new Set([...SYSTEM.scopes].filter((scope) => scope !== 'gateways:redirect')),
};

const key = aKey();
const cipher = new CredentialCipher(key);
const opened: Store[] = [];
let store: Store;

beforeAll(async () => {
  store = await Store.create({ cipher });
});

afterEach(async () => {
  for (const other of opened.splice(0)) await other.close();
  await store.sql('TRUNCATE organizations CASCADE');
});

afterAll(() => store.drop());

/** Another service on the same table, with another key. */
async function openWith(another: CredentialCipher): Promise<Store> {
  const other = await Store.on(store.database, { cipher: another });
  opened.push(other);
  return other;
}

async function sealedOf(id: string): Promise<string> {
  return (await store.rowOf('gateways', id))['password_encrypted'] as string;
}

async function putSealed(id: string, text: string): Promise<void> {
  await store.sql('UPDATE gateways SET password_encrypted = $2 WHERE id = $1 RETURNING id', [id, text]);
}

async function reveal({ gateways }: Store, id: string): Promise<string | undefined> {
  return (await gateways.findTargets(SYSTEM, [id]))[0]?.password.reveal();
}

describe('the password of a gateway', () => {
  it('CRYPTO-01: is stored encrypted, in a text that names its format and key and does not contain it', async () => {
    const { id } = await store.addGateway({ password: Secret.of(PASSWORD) });

    const sealed = await sealedOf(id);
    expect(sealed).toMatch(new RegExp(`^v2\\.${cipher.keyId}\\.[A-Za-z0-9_-]+$`));
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').includes('correct')).toBe(false);
    const everything = await store.sql<{ row: string }>('SELECT gateways::text AS row FROM gateways');
    expect(JSON.stringify(everything)).not.toContain('correct');
  });

  it('CRYPTO-01: is encrypted with a fresh IV each time, even when two rows have the same password', async () => {
    const password = Secret.of(PASSWORD);
    const one = await store.addGateway({ password });
    const two = await store.addGateway({ password });
    const first = await sealedOf(one.id);
    await store.gateways.update(SYSTEM, one.id, { password: Secret.of('other') });
    await store.gateways.update(SYSTEM, one.id, { password });

    const ivs = [first, await sealedOf(one.id), await sealedOf(two.id)].map((text) =>
      Buffer.from(text.split('.')[2] ?? '', 'base64url')
        .subarray(0, 12)
        .toString('hex'),
    );
    expect(new Set(ivs).size).toBe(3);
  });

  it('CRYPTO-04: is read back to the last byte, as a Secret', async () => {
    for (const text of [PASSWORD, ' ', '"\'\\', 'x'.repeat(1024), '🔑'.repeat(512)]) {
      const { id } = await store.addGateway({ password: Secret.of(text) });
      const [target] = await store.gateways.findTargets(SYSTEM, [id]);

      expect(target?.password).toBeInstanceOf(Secret);
      expect(target?.password.reveal()).toBe(text);
    }
  });

  it('CRYPTO-02: is read only where a connection needs it, and by no other method', async () => {
    const { id } = await store.addGateway({ password: Secret.of(PASSWORD) });

    const rows = [
      await store.gateways.findById(SYSTEM, id),
      ...(await store.gateways.findAll(SYSTEM, ALL)).items,
      await store.gateways.update(SYSTEM, id, { password: Secret.of('other') }),
      await store.gateways.setDesiredState(SYSTEM, id, 'connected'),
      ...(await store.gateways.findRevisions(SYSTEM)),
    ];
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row).not.toHaveProperty('password', expect.anything());

    expect((await store.gateways.findActive(SYSTEM))[0]?.password.reveal()).toBe('other');
    expect(await reveal(store, id)).toBe('other');
  });

  it('CRYPTO-02: prints [secret] wherever a target is printed, and is not in a row at all', async () => {
    const created = await store.addGateway({ password: Secret.of(PASSWORD) });
    const [target] = await store.gateways.findActive(SYSTEM);
    const print = (value: unknown) => inspect(value, { depth: null, showHidden: true }) + JSON.stringify(value);

    expect(print(created)).not.toMatch(/password|correct/);
    expect(print(target).split('[secret]')).toHaveLength(3);
    expect(print(target)).not.toContain('correct');
  });

  it('CRYPTO-01: is not in the error of a statement that failed', async () => {
    const { factoryId, label } = await store.addGateway();
    const refusal = await store
      .addGateway({ factoryId, label, password: Secret.of(PASSWORD) })
      .catch((error: unknown) => error);

    expect(inspect(refusal, { depth: null, showHidden: true })).not.toContain('correct horse –');
  });

  it('CRYPTO-01: is never stored in plain text: a string is rejected, and the error does not repeat it', async () => {
    const draft = { ...aNewGateway((await store.addFactory()).id), password: PASSWORD as unknown as Secret };
    const refusal = await store.gateways.create(SYSTEM, draft).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(TypeError);
    expect(inspect(refusal)).not.toContain('correct');
    expect(await store.sql('SELECT id FROM gateways')).toEqual([]);
  });
});

describe('the cipher of a data source', () => {
  it('CRYPTO-02: is not shared: two data sources of one process encrypt and decrypt with their own keys', async () => {
    const other = await openWith(new CredentialCipher(aKey()));
    const { id: factoryId } = await store.addFactory();
    const [ours, theirs] = await Promise.all([
      store.addGateway({ factoryId, password: Secret.of('ours') }),
      other.addGateway({ factoryId, password: Secret.of('theirs') }),
    ]);

    expect(await reveal(store, ours.id)).toBe('ours');
    expect(await reveal(other, theirs.id)).toBe('theirs');
    await expect(reveal(store, theirs.id)).rejects.toThrow(CredentialsUnreadableError);
    await expect(reveal(other, ours.id)).rejects.toThrow(CredentialsUnreadableError);
    expect((await sealedOf(ours.id)).split('.')[1]).not.toBe((await sealedOf(theirs.id)).split('.')[1]);
  });

  it('CRYPTO-03: is required: without one, no password is written or read', async () => {
    const { id, factoryId } = await store.addGateway();
    const unbound = await createDataSource(configOf(store.database)).initialize();
    try {
      const gateways = new GatewaysRepository(unbound.getRepository(Gateway));

      await expect(gateways.create(SYSTEM, aNewGateway(factoryId))).rejects.toThrow('not bound to a cipher');
      await expect(gateways.findTargets(SYSTEM, [id])).rejects.toThrow('not bound to a cipher');
      await expect(gateways.findById(SYSTEM, id)).resolves.toMatchObject({ id }); // Which has no need of it.
      expect((await store.gateways.findAll(SYSTEM, ALL)).total).toBe(1);
    } finally {
      await unbound.destroy();
    }
  });

  it('CRYPTO-03: decrypts with previous keys and encrypts with the current one', async () => {
    const { id, factoryId } = await store.addGateway({ password: Secret.of('old') });
    const next = new CredentialCipher(aKey(), [aKey(), key]);
    const other = await openWith(next);

    expect(await reveal(other, id)).toBe('old');
    const added = await other.addGateway({ factoryId, password: Secret.of('new') });
    expect(await sealedOf(added.id)).toMatch(new RegExp(`^v2\\.${next.keyId}\\.`));
    await expect(reveal(store, added.id)).rejects.toThrow(CredentialsUnreadableError);
  });

  it('CRYPTO-03: recognizes an unchanged password by a previous key', async () => {
    const { id } = await store.addGateway({ password: Secret.of(PASSWORD) });
    const before = await sealedOf(id);
    const other = await openWith(new CredentialCipher(aKey(), [key]));

    expect(await other.gateways.update(SYSTEM, id, { password: Secret.of(PASSWORD) })).toMatchObject({
      connectionVersion: 1,
    });
    expect(await sealedOf(id)).toBe(before);
  });
});

describe('a password that cannot be decrypted', () => {
  const flip = (sealed: string, at: number) => {
    const [version, keyId, payload] = sealed.split('.') as [string, string, string];
    const bytes = Buffer.from(payload, 'base64url');
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    return `${version}.${keyId}.${bytes.toString('base64url')}`;
  };
  const anotherKeyId = (sealed: string) => sealed.replace(cipher.keyId, new CredentialCipher(aKey()).keyId);

  const ELSEWHERE = 'ws://10.0.0.8:5000';
  const wrongly = (binding: string) => new CredentialCipher(aKey()).seal(PASSWORD, PASSWORD_PURPOSE, binding);

  it.each<[string, (sealed: string, row: GatewayRow) => string]>([
    ['sealed with a wrong key', (_sealed, { id, url }) => wrongly(passwordBinding(id, url))],
    [
      'sealed with a wrong key that claims to be ours',
      (sealed, { id, url }) => wrongly(passwordBinding(id, url)).replace(/^v2\.[^.]*/, sealed.slice(0, 11)),
    ],
    ['altered in its IV', (sealed) => flip(sealed, 0)],
    ['altered in its tag', (sealed) => flip(sealed, 12)],
    ['altered in its ciphertext', (sealed) => flip(sealed, -1)],
    ['altered in its key id', anotherKeyId],
    ['of an unknown version', (sealed) => sealed.replace('v2', 'v3')],
    ['of an earlier version by name only', (sealed) => sealed.replace('v2', 'v1')],
    ['of an earlier version with a wrong key', () => sealV1(PASSWORD, aKey())],
    ['cut short', (sealed) => sealed.slice(0, -4)],
    ['cut to its prefix', () => cipher.sealedPrefix],
    ['with something behind it', (sealed) => `${sealed}.more`],
    ['a plain text', () => PASSWORD],
    ['empty', () => ''],
    [
      'sealed for another column',
      (_, { id, url }) => cipher.seal(PASSWORD, 'users.password', passwordBinding(id, url)),
    ],
    ['sealed for no purpose', (_, { id, url }) => cipher.seal(PASSWORD, '', passwordBinding(id, url))],
    ['sealed for another row', (_, { url }) => cipher.seal(PASSWORD, PASSWORD_PURPOSE, passwordBinding(NOBODY, url))],
    [
      'sealed for another origin',
      (_, { id }) => cipher.seal(PASSWORD, PASSWORD_PURPOSE, passwordBinding(id, ELSEWHERE)),
    ],
  ])(
    'CRYPTO-04: %s: affects neither the list nor other gateways, and fails only when it is revealed',
    async (_, spoil) => {
      const { id: factoryId } = await store.addFactory();
      const [first, spoilt, last] = await Promise.all(
        ['a', 'b', 'c'].map((name) => store.addGateway({ factoryId, name, password: Secret.of(PASSWORD) })),
      );
      if (!first || !spoilt || !last) throw new Error('no gateways');
      await putSealed(spoilt.id, spoil(await sealedOf(spoilt.id), spoilt));

      expect((await store.gateways.findAll(SYSTEM, ALL)).items.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
      expect(await store.gateways.findById(SYSTEM, spoilt.id)).toMatchObject({ name: 'b' });
      const targets = new Map((await store.gateways.findActive(SYSTEM)).map((target) => [target.gateway.id, target]));
      expect(targets.size).toBe(3);
      expect(targets.get(first.id)?.password.reveal()).toBe(PASSWORD);
      expect(targets.get(last.id)?.password.reveal()).toBe(PASSWORD);

      const secret = targets.get(spoilt.id)?.password;
      expect(String(secret)).toBe('[secret]');
      expect(() => secret?.reveal()).toThrow(CredentialsUnreadableError);
      expect(() => secret?.reveal()).not.toThrow(/correct/);
    },
  );

  it('CRYPTO-04: fails with the id of the missing key', async () => {
    const missing = new CredentialCipher(aKey());
    const { id, url } = await store.addGateway();
    await putSealed(id, missing.seal(PASSWORD, PASSWORD_PURPOSE, passwordBinding(id, url)));

    await expect(reveal(store, id)).rejects.toThrow(missing.keyId);
  });

  it('CRYPTO-04: can be decrypted again when its text is restored: the failure is not cached', async () => {
    const { id } = await store.addGateway({ password: Secret.of(PASSWORD) });
    const sealed = await sealedOf(id);
    await putSealed(id, 'garbage');
    await expect(reveal(store, id)).rejects.toThrow(CredentialsUnreadableError);

    await putSealed(id, sealed);
    expect(await reveal(store, id)).toBe(PASSWORD);
  });
});

describe('SEC-25: a stored password is bound to its row and origin', () => {
  const HOME = 'ws://10.0.0.7:5000';
  const STRANGER = 'ws://10.6.6.6:5000';
  const add = (changes: Partial<NewGateway> = {}) =>
    store.addGateway({ url: HOME, password: Secret.of(PASSWORD), ...changes });
  const setUrl = (id: string, url: string) =>
    store.sql('UPDATE gateways SET url = $2 WHERE id = $1 RETURNING id', [id, url]);

  it('a text copied from another gateway does not open, even at the same address', async () => {
    const [ours, theirs] = [await add(), await add()];
    await putSealed(theirs.id, await sealedOf(ours.id));

    await expect(reveal(store, theirs.id)).rejects.toThrow(CredentialsUnreadableError);
    expect(await reveal(store, ours.id)).toBe(PASSWORD);
  });

  it.each(['ws://10.6.6.6:5000', 'wss://10.0.0.7:5000', 'ws://10.0.0.7:5001', 'ws://10.0.0.7', 'not a URL'])(
    'does not open after the URL was edited in the table to %s, and opens again after it was restored',
    async (url) => {
      const { id } = await add();
      await setUrl(id, url);
      await expect(reveal(store, id)).rejects.toThrow(CredentialsUnreadableError);

      await setUrl(id, `${HOME}/path?query`);
      expect(await reveal(store, id)).toBe(PASSWORD);
    },
  );

  it('another path or spelling of the address changes nothing in the sealed text', async () => {
    const { id } = await add({ url: 'ws://gw.example:80/a' });
    const sealed = await sealedOf(id);

    await store.gateways.update(MAY_NOT_REDIRECT, id, { url: 'WS://GW.Example/b?c' });

    expect(await sealedOf(id)).toBe(sealed);
    expect(await reveal(store, id)).toBe(PASSWORD);
  });

  it('a redirect seals it for the new origin, so that a way back in the table alone does not open it', async () => {
    const { id } = await add();
    const before = await sealedOf(id);

    await store.gateways.update(SYSTEM, id, { url: STRANGER });

    expect(await sealedOf(id)).not.toBe(before);
    expect(await reveal(store, id)).toBe(PASSWORD);
    await setUrl(id, HOME);
    await expect(reveal(store, id)).rejects.toThrow(CredentialsUnreadableError);
  });

  it('a redirect of a password that cannot be opened needs the password, and changes nothing', async () => {
    const { id } = await add();
    await setUrl(id, STRANGER);
    const before = await store.rowOf('gateways', id);

    await expect(store.gateways.update(SYSTEM, id, { url: HOME })).rejects.toThrow(PasswordRequiredError);
    expect(await store.rowOf('gateways', id)).toEqual(before);

    await store.gateways.update(SYSTEM, id, { url: HOME, password: Secret.of(PASSWORD) });
    expect(await reveal(store, id)).toBe(PASSWORD);
  });

  it('the same password sent with another origin is sealed for it, and is still confirmed', async () => {
    const { id } = await add();

    const changes = { url: STRANGER, password: Secret.of(PASSWORD) };
    expect(await store.gateways.update(MAY_NOT_REDIRECT, id, changes)).toMatchObject({ confirmsPassword: true });

    expect(await reveal(store, id)).toBe(PASSWORD);
  });

  it('concurrent changes of the origin leave a password that opens', async () => {
    const { id } = await add();
    const urls = Array.from({ length: 5 }, (_, host) => `ws://10.0.1.${host}`);
    const changes = urls.flatMap((url) => [{ url }, { url, password: Secret.of('other') }]);
    await Promise.all(changes.map((each) => store.gateways.update(SYSTEM, id, each)));

    expect([PASSWORD, 'other']).toContain(await reveal(store, id));
  });

  it('a text of an earlier version opens; a redirect and keys:rotate bind it, and a change of the path does not', async () => {
    const [moved, rotated] = [await add(), await add()];
    for (const { id } of [moved, rotated]) await putSealed(id, sealV1(PASSWORD, key));
    expect(await reveal(store, moved.id)).toBe(PASSWORD);

    await store.gateways.update(SYSTEM, moved.id, { url: `${HOME}/path` });
    expect(await sealedOf(moved.id)).toMatch(/^v1\./);
    await store.gateways.update(SYSTEM, moved.id, { url: STRANGER });
    expect(await resealPasswords(SYSTEM, store.dataSource, cipher)).toEqual({ resealed: 1, unreadable: [] });

    for (const { id } of [moved, rotated]) {
      expect(await sealedOf(id)).toMatch(new RegExp(`^v2\\.${cipher.keyId}\\.`));
      expect(await reveal(store, id)).toBe(PASSWORD);
      await setUrl(id, 'ws://10.0.0.9');
      await expect(reveal(store, id)).rejects.toThrow(CredentialsUnreadableError);
    }
  });

  it('keys:rotate does not give a text to another row or origin: it reports the gateway, and leaves it as it is', async () => {
    const [copied, edited, sound] = [await add(), await add(), await add()];
    await putSealed(copied.id, await sealedOf(sound.id));
    await setUrl(edited.id, STRANGER);
    const before = [await sealedOf(copied.id), await sealedOf(edited.id)];

    const { resealed, unreadable } = await resealPasswords(
      SYSTEM,
      store.dataSource,
      new CredentialCipher(aKey(), [key]),
    );

    expect([resealed, unreadable.sort()]).toEqual([1, [copied.id, edited.id].sort()]);
    expect([await sealedOf(copied.id), await sealedOf(edited.id)]).toEqual(before);
  });
});

describe('SEC-14: a stored password stays with its origin', () => {
  const before = { url: 'wss://10.0.0.7:5000', email: 'ops@example.org', tls: { fingerprint256: 'ab'.repeat(32) } };
  const actionsOn = async (id: string) =>
    store.sql<{ action: string; actor_id: string; changes: Record<string, unknown> }>(
      `SELECT action, actor_id, changes FROM audit_log WHERE object_id = $1 AND action <> 'gateway.create' ORDER BY id`,
      [id],
    );

  it.each([
    ['origin', { url: 'wss://10.6.6.6:5000' }],
    ['e-mail', { email: 'other@example.org' }],
    ['weaker TLS', { tls: { insecure: true } }],
  ])(
    'another %s without the password is refused without gateways:redirect, and is audited with it',
    async (_, changes) => {
      const { id } = await store.addGateway({ ...before, password: Secret.of(PASSWORD) });
      const row = await store.rowOf('gateways', id);

      await expect(store.gateways.update(MAY_NOT_REDIRECT, id, changes)).rejects.toThrow(PasswordRequiredError);
      expect(await store.rowOf('gateways', id)).toEqual(row);
      expect(await actionsOn(id)).toEqual([]);

      expect(await store.gateways.update(SYSTEM, id, changes)).toMatchObject({ ...changes, before });
      const [[field, value] = ['', null]] = Object.entries(changes);
      const old = before[field as keyof typeof before];
      expect(await actionsOn(id)).toEqual([
        { action: 'gateway.redirect', actor_id: 'system', changes: { [field]: [old, value] } },
      ]);
      expect(await reveal(store, id)).toBe(PASSWORD);
    },
  );

  it('with the password in the change, it is an update like others', async () => {
    const { id } = await store.addGateway({ ...before, password: Secret.of(PASSWORD) });
    const changes = { url: 'wss://10.6.6.6:5000', password: Secret.of('other') };

    await store.gateways.update(MAY_NOT_REDIRECT, id, changes);

    const secret = ['[secret]', '[secret]'];
    expect(await actionsOn(id)).toMatchObject([
      { action: 'gateway.update', changes: { url: [before.url, changes.url], password: secret } },
    ]);
    expect(await reveal(store, id)).toBe('other');
  });
});

describe('re-encrypting all passwords', () => {
  const next = aKey();
  const rotating = new CredentialCipher(next, [key]);

  it('CRYPTO-03: makes the old key unnecessary, and changes nothing else in a gateway', async () => {
    const { id: factoryId } = await store.addFactory();
    const { id } = await store.addGateway({ factoryId, password: Secret.of(PASSWORD) });
    const deleted = await store.addGateway({ factoryId });
    await store.gateways.softDelete(SYSTEM, deleted.id);
    const before = await store.rowOf('gateways', id);

    expect(await resealPasswords(SYSTEM, store.dataSource, rotating)).toEqual({ resealed: 2, unreadable: [] });

    const after = await store.rowOf('gateways', id);
    expect(after).toEqual({ ...before, password_encrypted: after['password_encrypted'] });
    expect(await reveal(await openWith(new CredentialCipher(next)), id)).toBe(PASSWORD);
    expect(await sealedOf(deleted.id)).toMatch(new RegExp(`^v2\\.${rotating.keyId}\\.`));
    expect(await resealPasswords(SYSTEM, store.dataSource, rotating)).toEqual({ resealed: 0, unreadable: [] });
  });

  it('CRYPTO-03, SEC-25: processes more than one batch of texts of an earlier version, returns the rows that no key decrypts, and leaves them unchanged', async () => {
    const { id: factoryId, organizationId } = await store.addFactory();
    const sealed = Array.from({ length: 450 }, (_, index) =>
      index % 150 === 7 ? 'garbage' : sealV1(`password ${index}`, key),
    );
    const rows = await store.sql<{ id: string; gateway_id: string }>(
      `INSERT INTO gateways (factory_id, organization_id, gateway_id, name, url, email, password_encrypted)
       SELECT $1, $2, 'GW-' || (n - 1), 'x', 'ws://x', 'a@b', text FROM unnest($3::text[]) WITH ORDINALITY AS t (text, n)
       RETURNING id, gateway_id`,
      [factoryId, organizationId, sealed],
    );
    const garbage = rows.filter(({ gateway_id: label }) => Number(label.slice(3)) % 150 === 7).map(({ id }) => id);

    const { resealed, unreadable } = await resealPasswords(SYSTEM, store.dataSource, rotating);

    expect(resealed).toBe(447);
    expect(unreadable.sort()).toEqual(garbage.sort());
    const other = await openWith(new CredentialCipher(next));
    for (const { gateway, password } of await other.gateways.findActive(SYSTEM)) {
      if (garbage.includes(gateway.id)) expect(await sealedOf(gateway.id)).toBe('garbage');
      else expect(password.reveal()).toBe(`password ${gateway.label.slice(3)}`);
    }
  });
});
