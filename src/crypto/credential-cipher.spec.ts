import { randomBytes } from 'node:crypto';
import { CredentialCipher, CredentialsUnreadableError } from './credential-cipher';

const purpose = 'gateways.password';
const key = randomBytes(32);
const cipher = new CredentialCipher(key);

/** Flips one bit of one byte of the payload. */
function tamper(sealed: string, byte: number): string {
  const [version, keyId, payload = ''] = sealed.split('.');
  const bytes = Buffer.from(payload, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(byte) ^ 1, byte);
  return [version, keyId, bytes.toString('base64url')].join('.');
}

describe('CredentialCipher', () => {
  it.each(['secret', '', ' spaces kept ', 'пароль 🔑 密码', 'x'.repeat(1024)])(
    'CRYPTO-04: opens what it sealed: %j',
    (plaintext) => {
      expect(cipher.open(cipher.seal(plaintext, purpose), purpose)).toBe(plaintext);
    },
  );

  it('CRYPTO-01: seals with a fresh IV each time, so equal passwords are never equal at rest', () => {
    const texts = Array.from({ length: 1000 }, () => cipher.seal('same', purpose));
    const ivs = texts.map((text) =>
      Buffer.from(text.split('.')[2] ?? '', 'base64url')
        .subarray(0, 12)
        .toString('hex'),
    );
    expect(new Set(ivs).size).toBe(1000);
  });

  it('CRYPTO-01: names its format and its key, and does not contain the plaintext', () => {
    const sealed = cipher.seal('hunter2-hunter2', purpose);
    expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]+$/);
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('hunter2');
  });

  it('CRYPTO-04: notices a change to any byte of the IV, the tag or the ciphertext', () => {
    const sealed = cipher.seal('secret', purpose);
    const length = Buffer.from(sealed.split('.')[2] ?? '', 'base64url').length;
    for (let byte = 0; byte < length; byte += 1) {
      expect(() => cipher.open(tamper(sealed, byte), purpose)).toThrow(CredentialsUnreadableError);
    }
  });

  it('CRYPTO-04: does not open with another key', () => {
    const other = new CredentialCipher(randomBytes(32));
    expect(() => other.open(cipher.seal('secret', purpose), purpose)).toThrow(
      /encrypted with key [0-9a-f]{8}, which is not/,
    );
  });

  it('CRYPTO-04: does not open for another purpose', () => {
    expect(() => cipher.open(cipher.seal('secret', purpose), 'gateways.note')).toThrow(CredentialsUnreadableError);
  });

  it.each(['', 'secret', 'v1', 'v1..', 'v2.00000000.AAAA', 'v1.a.b.c', `v1.${cipher.keyId}.AAAA`])(
    'refuses a malformed text: %j',
    (text) => {
      expect(() => cipher.open(text, purpose)).toThrow(CredentialsUnreadableError);
    },
  );

  it('opens with a previous key and seals with the current one', () => {
    const rotated = new CredentialCipher(randomBytes(32), [key]);
    expect(rotated.open(cipher.seal('secret', purpose), purpose)).toBe('secret');
    expect(rotated.seal('secret', purpose).startsWith(rotated.sealedPrefix)).toBe(true);
    expect(rotated.keyId).not.toBe(cipher.keyId);
  });
});
