import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 'v2';
/** Sealed by earlier versions, and bound to a purpose alone. Such texts are only opened. */
const EARLIER_VERSION = 'v1';
const IV_BYTES = 12; // The IV length that GCM is designed for: NIST SP 800-38D, section 8.2.2.
const TAG_BYTES = 16;

/** The stored text cannot be opened. The message may name the key, never the content. */
export class CredentialsUnreadableError extends Error {
  override readonly name = 'CredentialsUnreadableError';
}

/**
 * Seals and opens stored credentials with AES-256-GCM.
 *
 * The stored form is `v2.<key id>.<base64url of iv, tag and ciphertext>`. The purpose (such as `gateways.password`) and the binding are
 * authenticated with it, so that a sealed text copied into another column or row does not open there.
 */
export class CredentialCipher {
  /** Identifies the current key: the first eight hexadecimal digits of its SHA-256, which reveal nothing about the key. */
  readonly keyId: string;
  private readonly keys: ReadonlyMap<string, Buffer>;

  /** @param previousKeys are used only to open. All keys are 32 bytes. */
  constructor(
    private readonly key: Buffer,
    previousKeys: readonly Buffer[] = [],
  ) {
    this.keyId = idOf(key);
    this.keys = new Map([...previousKeys, key].map((each) => [idOf(each), each]));
  }

  /**
   * Seals with the current key and a fresh IV: the same plaintext never gives the same text twice.
   * @param binding what the text belongs to within its column: it opens only with the same binding
   */
  seal(plaintext: string, purpose: string, binding: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(`${this.sealedPrefix}${purpose}.${binding}`));
    const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);

    return `${this.sealedPrefix}${Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64url')}`;
  }

  /** Derives a 32-byte key for another purpose. It reveals nothing about the encryption key. */
  deriveKey(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.key, '', purpose, 32));
  }

  /**
   * Also opens texts of earlier versions, which have no binding.
   * @throws CredentialsUnreadableError when the key is unknown, the text is malformed or was tampered with, or has another binding
   */
  open(sealed: string, purpose: string, binding: string): string {
    const [version, keyId, payload, ...rest] = sealed.split('.');
    const isKnown = version === VERSION || version === EARLIER_VERSION;
    if (!isKnown || keyId === undefined || payload === undefined || rest.length > 0) {
      throw new CredentialsUnreadableError('the stored text is not in a known format');
    }
    const key = this.keys.get(keyId);
    if (!key) throw new CredentialsUnreadableError(`encrypted with key ${keyId}, which is not configured`);

    const bytes = Buffer.from(payload, 'base64url');
    if (bytes.length < IV_BYTES + TAG_BYTES) throw new CredentialsUnreadableError('the stored text is too short');
    try {
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(`${version}.${keyId}.${version === VERSION ? `${purpose}.${binding}` : purpose}`));
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const ciphertext = bytes.subarray(IV_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
    } catch (cause) {
      throw new CredentialsUnreadableError(
        `cannot be decrypted with key ${keyId}: it was altered, or encrypted for another row or origin`,
        { cause },
      );
    }
  }

  /** The prefix of every text sealed with the current key. */
  get sealedPrefix(): string {
    return `${VERSION}.${this.keyId}.`;
  }
}

function idOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8);
}
