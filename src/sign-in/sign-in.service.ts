import { Injectable } from '@nestjs/common';
import { KeyAuthenticator } from '../api-keys/key-authenticator';
import { VerifiedKeys } from '../api-keys/verified-keys';
import { LateRecords } from '../audit/late-records';
import type { Actor, RequestOrigin } from '../common/actor';
import type { AuditAction } from '../common/audit-actions';
import { Config } from '../config/config';
import { SessionTokens } from './session-tokens';
import { KeyRefusedError, SignInOffError } from './sign-in.errors';

const SESSION_MS = 12 * 3_600_000;

/** A session that has begun. */
export interface NewSession {
  readonly token: string;
  /** Milliseconds until the session ends. */
  readonly lifeMs: number;
}

/** Signs browsers in and out. */
@Injectable()
export class SignInService {
  constructor(
    private readonly config: Config,
    private readonly authenticator: KeyAuthenticator,
    private readonly keys: VerifiedKeys,
    private readonly tokens: SessionTokens,
    private readonly records: LateRecords,
  ) {}

  /**
   * Begins a session with the rights of a key. It lasts twelve hours, or as long as the key.
   * @param address of the caller
   * @throws SignInOffError, KeyRefusedError, AddressNotAllowedError, TooManyAttemptsError
   */
  start(apiKey: string, origin: RequestOrigin, address: string | undefined): NewSession {
    if (this.config.auth === 'off') throw new SignInOffError();
    const actor = this.authenticator.authenticateText(apiKey, address);
    const key = actor && this.keys.findById(actor.id);
    if (!key) throw new KeyRefusedError();
    const now = Date.now();
    const endsAt = Math.min(now + SESSION_MS, key.expiresAt);
    this.record('session.start', { ...actor, origin });
    return { token: this.tokens.issue({ keyId: key.id, endsAt }), lifeMs: endsAt - now };
  }

  /** Records that somebody signed out. The browser forgets the cookie; nothing is stored of it here. */
  end(actor: Actor): void {
    this.record('session.end', actor);
  }

  private record(action: AuditAction, actor: Actor): void {
    this.records.note({ actor, action, object: { type: 'key', id: actor.id }, organizationId: actor.organizationId });
  }
}
