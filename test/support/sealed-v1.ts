import { createCipheriv, randomBytes } from 'node:crypto';
import { CredentialCipher } from '../../src/crypto/credential-cipher';

/** A gateway's password as earlier versions of this service sealed it: bound to the column alone. */
export function sealV1(password: string, key: Buffer): string {
  const prefix = `v1.${new CredentialCipher(key).keyId}.`;
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(`${prefix}gateways.password`));
  const ciphertext = Buffer.concat([cipher.update(password), cipher.final()]);
  return prefix + Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64url');
}
