import { randomBytes } from 'node:crypto';
import { CredentialCipher, CredentialsUnreadableError } from './credential-cipher';

const purpose = 'gateways.password';
const binding = 'row 1.ws://10.0.0.7:80';
const key = randomBytes(32);
const cipher = new CredentialCipher(key);

/** Flips one bit of one byte of the payload. */
function tamper(sealed: string, byte: number): string {
  const [version, keyId, payload = ''] = sealed.split('.');
  const bytes = Buffer.from(payload, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(byte) ^ 1, byte);
  return [version, keyId, bytes.toString('base64url')].join('.');
}

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe('CredentialCipher', () => {
  it.each(['secret', '', ' spaces kept ', 'пароль 🔑 密码', 'x'.repeat(1024)])(
    'CRYPTO-04: opens what it sealed: %j',
    (plaintext) => {
      expect(cipher.open(cipher.seal(plaintext, purpose, binding), purpose, binding)).toBe(plaintext);
    },
  );

  it('CRYPTO-01: seals with a fresh IV each time, so equal passwords are never equal at rest', () => {
    const texts = Array.from({ length: 1000 }, () => cipher.seal('same', purpose, binding));
    const ivs = texts.map((text) =>
      Buffer.from(text.split('.')[2] ?? '', 'base64url')
        .subarray(0, 12)
        .toString('hex'),
    );
    expect(new Set(ivs).size).toBe(1000);
  });

  it('CRYPTO-01: names its format and its key, and does not contain the plaintext', () => {
    const sealed = cipher.seal('hunter2-hunter2', purpose, binding);
    expect(sealed).toMatch(/^v2\.[0-9a-f]{8}\.[\w-]+$/);
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('hunter2');
  });

  it('CRYPTO-04: detects a change to any byte of the IV, the tag or the ciphertext', () => {
    const sealed = cipher.seal('secret', purpose, binding);
    const length = Buffer.from(sealed.split('.')[2] ?? '', 'base64url').length;
    for (let byte = 0; byte < length; byte += 1) {
      expect(() => cipher.open(tamper(sealed, byte), purpose, binding)).toThrow(CredentialsUnreadableError);
    }
  });

  it('CRYPTO-04: does not open with another key', () => {
    const other = new CredentialCipher(randomBytes(32));
    expect(() => other.open(cipher.seal('secret', purpose, binding), purpose, binding)).toThrow(
      /encrypted with key [0-9a-f]{8}, which is not/,
    );
  });

  it('CRYPTO-04: does not open for another purpose', () => {
    expect(() => cipher.open(cipher.seal('secret', purpose, binding), 'gateways.note', binding)).toThrow(
      CredentialsUnreadableError,
    );
  });

  it('SEC-25: does not open with another binding', () => {
    const sealed = cipher.seal('secret', purpose, binding);
    for (const other of ['row 2.ws://10.0.0.7:80', 'row 1.ws://10.0.0.8:80', 'row 1', '']) {
      expect(() => cipher.open(sealed, purpose, other)).toThrow('encrypted for another row or origin');
    }
  });

  it('SEC-25: does not open a text as one of an earlier version, which has no binding', () => {
    const sealed = cipher.seal('secret', purpose, binding);
    expect(() => cipher.open(sealed.replace('v2.', 'v1.'), purpose, binding)).toThrow(CredentialsUnreadableError);
  });

  it.each(['', 'secret', 'v1', 'v1..', 'v3.00000000.AAAA', 'v2.a.b.c', `v2.${cipher.keyId}.AAAA`])(
    'refuses a malformed text: %j',
    (text) => {
      expect(() => cipher.open(text, purpose, binding)).toThrow(CredentialsUnreadableError);
    },
  );

  it.each<[string, (sealed: string) => string, string]>([
    ['of another version', (sealed) => sealed.replace('v2.', 'v3.'), 'not in a known format'],
    ['with something behind it', (sealed) => `${sealed}.`, 'not in a known format'],
    ['of a version alone', () => 'v1', 'not in a known format'],
    ['without its payload', () => `v2.${cipher.keyId}`, 'not in a known format'],
    ['of a key that is not configured', () => 'v1.00000000.AAAA', 'key 00000000, which is not configured'],
    ['shorter than an IV and a tag', () => cipher.sealedPrefix + 'A'.repeat(36), 'too short'],
    ['as long as an IV and a tag', () => cipher.sealedPrefix + 'A'.repeat(38), 'cannot be decrypted with key'],
  ])('says what is wrong with a text %s', (_, alter, message) => {
    expect(() => cipher.open(alter(cipher.seal('secret', purpose, binding)), purpose, binding)).toThrow(message);
  });

  it('names the key of a text that cannot be decrypted, and keeps the cause', () => {
    const sealed = cipher.seal('secret', purpose, binding);
    const open = () => cipher.open(tamper(sealed, 0), purpose, binding);
    expect(open).toThrow(CredentialsUnreadableError);
    expect(open).toThrow(
      `cannot be decrypted with key ${cipher.keyId}: it was altered, or encrypted for another row or origin`,
    );
    expect(thrownBy(open)).toMatchObject({ name: 'CredentialsUnreadableError', cause: { name: 'Error' } });
  });

  it('derives one key for each purpose, and none of them is the key itself', () => {
    const derived = cipher.deriveKey('accounts');
    expect(derived).toHaveLength(32);
    expect(new CredentialCipher(key).deriveKey('accounts')).toEqual(derived);
    expect(cipher.deriveKey('other')).not.toEqual(derived);
    expect(new CredentialCipher(randomBytes(32)).deriveKey('accounts')).not.toEqual(derived);
    expect(derived).not.toEqual(key);
  });

  it('SEC-25: opens what earlier versions sealed, with any binding but for no other purpose, and derives the same keys as they did', () => {
    const [stored, fixed] = [
      'v1.4bb06f8e.AQEBAQEBAQEBAQEBeRKCi9PA0qv6WAg7E1uXpBWO-8X13JguubuuUhU',
      Buffer.alloc(32, 7),
    ];
    const earlier = new CredentialCipher(fixed);
    expect(earlier.open(stored, purpose, binding)).toBe('correct horse');
    expect(() => earlier.open(stored, 'gateways.note', binding)).toThrow(CredentialsUnreadableError);
    expect(() => earlier.open(stored.replace('v1.', 'v2.'), purpose, binding)).toThrow(CredentialsUnreadableError);
    // The same password, key and IV in the present form.
    const present = 'v2.4bb06f8e.AQEBAQEBAQEBAQEBD-88UyR48hmywjmjbjRWYRWO-8X13JguubuuUhU';
    expect(earlier.open(present, purpose, 'row 1.ws://10.0.0.7:80')).toBe('correct horse');
    expect(earlier.deriveKey('accounts').toString('hex')).toBe(
      '60f22719d0f497e1c062f6b61db989f6764a6f0a62f24a2e1136666a32eaafef',
    );
  });

  it('opens with a previous key and seals with the current one', () => {
    const rotated = new CredentialCipher(randomBytes(32), [key]);
    expect(rotated.open(cipher.seal('secret', purpose, binding), purpose, binding)).toBe('secret');
    expect(rotated.seal('secret', purpose, binding).startsWith(rotated.sealedPrefix)).toBe(true);
    expect(rotated.keyId).not.toBe(cipher.keyId);
  });
});
