import { createCipheriv, randomBytes } from 'node:crypto';
import { openEarlierFormat } from './earlier-format';

const key = randomBytes(32);

function seal(plaintext: string): { encrypted: string; iv: string; authTag: string } {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const encrypted = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return {
    encrypted: encrypted.toString('base64'),
    iv: iv.toString('base64'),
    authTag: cipher.getAuthTag().toString('base64'),
  };
}

describe('openEarlierFormat', () => {
  it.each(['correct horse', 'пароль 🔑 密码', ''])('opens %j', (plaintext) => {
    expect(openEarlierFormat(JSON.stringify(seal(plaintext)), [key])).toBe(plaintext);
  });

  it('tries one key after another', () => {
    const text = JSON.stringify(seal('correct horse'));
    expect(openEarlierFormat(text, [randomBytes(32), key, randomBytes(32)])).toBe('correct horse');
    expect(openEarlierFormat(text, [randomBytes(32)])).toBeNull();
    expect(openEarlierFormat(text, [])).toBeNull();
  });

  it.each([
    ['no JSON', 'correct horse'],
    ['JSON of something else', '"correct horse"'],
    ['without its ciphertext', JSON.stringify({ ...seal('x'), encrypted: undefined })],
    ['without its IV', JSON.stringify({ ...seal('x'), iv: undefined })],
    ['without its tag', JSON.stringify({ ...seal('x'), authTag: undefined })],
    ['with an empty IV', JSON.stringify({ ...seal('x'), iv: '' })],
    ['with an empty tag', JSON.stringify({ ...seal('x'), authTag: '' })],
  ])('does not open a text: %s', (_, text) => {
    expect(openEarlierFormat(text, [key])).toBeNull();
  });

  it.each(['encrypted', 'iv', 'authTag'] as const)('does not open a text whose %s is not base64', (field) => {
    const sealed = seal('correct horse');
    expect(openEarlierFormat(JSON.stringify({ ...sealed, [field]: `${sealed[field]}!` }), [key])).toBeNull();
  });

  it.each(['encrypted', 'iv', 'authTag'] as const)('does not open a text whose %s was altered', (field) => {
    const sealed = seal('correct horse');
    const bytes = Buffer.from(sealed[field], 'base64');
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    expect(openEarlierFormat(JSON.stringify({ ...sealed, [field]: bytes.toString('base64') }), [key])).toBeNull();
  });

  it('does not open a text with a shortened tag, which is easier to forge', () => {
    const sealed = seal('correct horse');
    const authTag = Buffer.from(sealed.authTag, 'base64').subarray(0, 4).toString('base64');
    expect(openEarlierFormat(JSON.stringify({ ...sealed, authTag }), [key])).toBeNull();
  });
});
