import { createCipheriv, randomBytes } from 'node:crypto';

const IV_BYTES = 12;

/** Encrypts with AES-256-GCM. Returns base64 of IV, tag and ciphertext. */
export function seal(text: string, key: Buffer): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64');
}
