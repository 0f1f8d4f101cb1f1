import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CredentialCipher } from '../crypto/credential-cipher';

/** What a token says. */
export interface SignedIn {
  /** Of the key that was shown. */
  readonly keyId: string;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
}

const FORM = /^([\da-f-]{36})\.(\d{1,15})\.([\w-]{43})$/;

/**
 * Makes and reads the tokens of sessions: the id of a key and the end of the session, signed. A token has no secret in it, and nothing is
 * stored of it. They are signed with a key derived from the present `ENCRYPTION_KEY` only, so that another one ends every session.
 */
@Injectable()
export class SessionTokens {
  private readonly key: Buffer;

  constructor(cipher: CredentialCipher) {
    this.key = cipher.deriveKey('session.token');
  }

  issue({ keyId, endsAt }: SignedIn): string {
    const content = `${keyId}.${endsAt}`;
    return `${content}.${this.signatureOf(content).toString('base64url')}`;
  }

  /** @returns null if this service did not issue the token. Says nothing about whether the session is over. */
  read(token: string): SignedIn | null {
    const [, keyId, endsAt, signature] = FORM.exec(token) ?? [];
    if (keyId === undefined || endsAt === undefined || signature === undefined) return null;
    const isOurs = timingSafeEqual(Buffer.from(signature, 'base64url'), this.signatureOf(`${keyId}.${endsAt}`));
    return isOurs ? { keyId, endsAt: Number(endsAt) } : null;
  }

  private signatureOf(content: string): Buffer {
    return createHmac('sha256', this.key).update(content).digest();
  }
}
