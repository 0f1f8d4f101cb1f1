import { Injectable } from '@nestjs/common';
import { KeyAuthenticator } from '../api-keys/key-authenticator';
import type { Actor } from '../common/actor';
import type { Authenticator, Session } from '../http/edge/authentication';
import { SessionTokens } from './session-tokens';

/** Finds out who sends a request, by the key or by the session that it shows. Asks no database. */
@Injectable()
export class CallerAuthenticator implements Authenticator {
  constructor(
    private readonly keys: KeyAuthenticator,
    private readonly tokens: SessionTokens,
  ) {}

  authenticate(header: string, address: string | undefined): Actor | null {
    return this.keys.authenticate(header, address);
  }

  /**
   * The session has the present rights of its key, and ends with it. A cookie that shows nobody does not count as a failed attempt: its
   * signature cannot be guessed, and the page of a browser whose session is over may send it many times.
   */
  authenticateSession(cookie: string, address: string | undefined): Session | null {
    const signedIn = this.tokens.read(cookie);
    if (!signedIn || signedIn.endsAt <= Date.now()) return null;
    const actor = this.keys.authenticateId(signedIn.keyId, address);
    return actor && { actor, endsAt: signedIn.endsAt };
  }
}
