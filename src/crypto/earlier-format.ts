import { createDecipheriv } from 'node:crypto';
import { z } from 'zod';

const TAG_BYTES = 16;

const stored = z.object({ encrypted: z.base64(), iv: z.base64(), authTag: z.base64() });

/**
 * Opens a password as v1.0 of the earlier implementation stored it: JSON of base64 `encrypted`, `iv` and `authTag`, AES-256-GCM without
 * associated data.
 * @param keys are tried in turn, since the text does not name its key
 * @returns null if the text has another format, or no key opens it
 */
export function openEarlierFormat(text: string, keys: readonly Buffer[]): string | null {
  const fields = stored.safeParse(parseJson(text)).data;
  if (!fields) return null;
  const [ciphertext, iv, tag] = [fromBase64(fields.encrypted), fromBase64(fields.iv), fromBase64(fields.authTag)];
  for (const key of keys) {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAuthTag(tag);
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
    } catch {
      // Another key, an altered text, or an IV or tag of a wrong length.
    }
  }
  return null;
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
