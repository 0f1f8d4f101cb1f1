import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor';
import { isWellFormedKey } from '../common/api-key-format';
import { clientOf } from '../common/client-address';
import { AddressNotAllowedError } from './api-key.errors';
import { FailedAttempts } from './failed-attempts';
import { KeyUsage } from './key-usage';
import type { VerifiedKey } from './verified-key';
import { VerifiedKeys } from './verified-keys';

/**
 * RFC 6750, section 2.1; the name of the scheme ignores case (RFC 9110, section 11.1). Each text that names a key is remembered, so
 * without a limit on the spaces one caller could fill the memory with headers of 32 KiB.
 */
const BEARER = /^Bearer {1,8}(\S+)$/i;

/** Finds out whose key a request carries. Runs for every request, so it asks no database and makes no objects. */
@Injectable()
export class KeyAuthenticator {
  private readonly failures = new FailedAttempts();

  constructor(
    private readonly keys: VerifiedKeys,
    private readonly usage: KeyUsage,
  ) {}

  /**
   * @param header the Authorization header
   * @param address of the caller
   * @returns null if it holds no key that works
   * @throws AddressNotAllowedError, TooManyAttemptsError
   */
  authenticate(header: string, address: string | undefined): Actor | null {
    const key = this.keys.findByHeader(header) ?? this.look(header, address);
    if (!key) return null;
    const now = Date.now();
    if (key.expiresAt <= now) return null;
    if (!key.allows(address)) throw new AddressNotAllowedError();
    this.usage.note(key, now, address);
    return key.actor;
  }

  /** Looks a key up that no request has carried yet. */
  private look(header: string, address: string | undefined): VerifiedKey | null {
    const client = clientOf(address);
    this.failures.requireRoom(client);
    const [, text = ''] = BEARER.exec(header) ?? [];
    const key = isWellFormedKey(text) ? this.keys.findByText(text) : undefined;
    if (key) this.keys.remember(header, key);
    else this.failures.note(client);
    return key ?? null;
  }
}
