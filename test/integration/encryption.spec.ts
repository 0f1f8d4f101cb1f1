import { inspect } from 'node:util';
import { SYSTEM } from '../../src/common/actor';
import { CredentialCipher, CredentialsUnreadableError } from '../../src/crypto/credential-cipher';
import { Secret } from '../../src/crypto/secret';
import { createDataSource } from '../../src/schema/data-source';
import { resealPasswords } from '../../src/gateways/gateway-passwords.repository';
import { Gateway, PASSWORD_PURPOSE } from '../../src/gateways/gateway.entity';
import { GatewaysRepository } from '../../src/gateways/gateways.repository';
import { aKey, aNewGateway, configOf, Store } from './support/store';

const ALL = { limit: 100, offset: 0 };
const PASSWORD = 'correct horse – ключ 🔑';

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
    expect(sealed).toMatch(new RegExp(`^v1\\.${cipher.keyId}\\.[A-Za-z0-9_-]+$`));
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

    expect(refusal).toMatchObject({ message: expect.stringContaining('gateways.password takes a Secret') as string });
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
    expect(await sealedOf(added.id)).toMatch(new RegExp(`^v1\\.${next.keyId}\\.`));
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

  it.each<[string, (sealed: string) => string]>([
    ['sealed with a wrong key', () => new CredentialCipher(aKey()).seal(PASSWORD, PASSWORD_PURPOSE)],
    [
      'sealed with a wrong key that claims to be ours',
      (sealed) =>
        new CredentialCipher(aKey()).seal(PASSWORD, PASSWORD_PURPOSE).replace(/^v1\.[^.]*/, sealed.slice(0, 11)),
    ],
    ['altered in its IV', (sealed) => flip(sealed, 0)],
    ['altered in its tag', (sealed) => flip(sealed, 12)],
    ['altered in its ciphertext', (sealed) => flip(sealed, -1)],
    ['altered in its key id', anotherKeyId],
    ['of an unknown version', (sealed) => sealed.replace('v1', 'v2')],
    ['cut short', (sealed) => sealed.slice(0, -4)],
    ['cut to its prefix', () => cipher.sealedPrefix],
    ['with something behind it', (sealed) => `${sealed}.more`],
    ['a plain text', () => PASSWORD],
    ['empty', () => ''],
    ['sealed for another column', () => cipher.seal(PASSWORD, 'users.password')],
    ['sealed for no purpose', () => cipher.seal(PASSWORD, '')],
  ])(
    'CRYPTO-04: %s: affects neither the list nor other gateways, and fails only when it is revealed',
    async (_, spoil) => {
      const { id: factoryId } = await store.addFactory();
      const [first, spoilt, last] = await Promise.all(
        ['a', 'b', 'c'].map((name) => store.addGateway({ factoryId, name, password: Secret.of(PASSWORD) })),
      );
      if (!first || !spoilt || !last) throw new Error('no gateways');
      await putSealed(spoilt.id, spoil(await sealedOf(spoilt.id)));

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
    const { id } = await store.addGateway();
    await putSealed(id, missing.seal(PASSWORD, PASSWORD_PURPOSE));

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
    expect(await sealedOf(deleted.id)).toMatch(new RegExp(`^v1\\.${rotating.keyId}\\.`));
    expect(await resealPasswords(SYSTEM, store.dataSource, rotating)).toEqual({ resealed: 0, unreadable: [] });
  });

  it('CRYPTO-03: processes more than one batch, returns the rows that no key decrypts, and leaves them unchanged', async () => {
    const { id: factoryId, organizationId } = await store.addFactory();
    const sealed = Array.from({ length: 450 }, (_, index) =>
      index % 150 === 7 ? 'garbage' : cipher.seal(`password ${index}`, PASSWORD_PURPOSE),
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
