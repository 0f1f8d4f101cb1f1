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

/** Finds out whose key a request shows. Runs for every request, so it asks no database and makes no objects. */
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
    const known = this.keys.findByHeader(header);
    if (known) return this.admit(known, address);
    const [, text = ''] = BEARER.exec(header) ?? [];
    const key = this.look(text, address);
    if (key) this.keys.remember(header, key);
    return key && this.admit(key, address);
  }

  /**
   * @param text a key that somebody signs in with. Counts as an attempt, like one in a header, if it does not work.
   * @returns null if it does not work
   * @throws AddressNotAllowedError, TooManyAttemptsError
   */
  authenticateText(text: string, address: string | undefined): Actor | null {
    const key = this.look(text, address);
    return key && this.admit(key, address);
  }

  /**
   * @param id of a key that the caller has shown before
   * @returns null if the key does not work any more
   * @throws AddressNotAllowedError
   */
  authenticateId(id: string, address: string | undefined): Actor | null {
    const key = this.keys.findById(id);
    return key ? this.admit(key, address) : null;
  }

  private admit(key: VerifiedKey, address: string | undefined): Actor | null {
    const now = Date.now();
    if (key.expiresAt <= now) return null;
    if (!key.allows(address)) throw new AddressNotAllowedError();
    this.usage.note(key, now, address);
    return key.actor;
  }

  /** Looks up a key that is not remembered. */
  private look(text: string, address: string | undefined): VerifiedKey | null {
    const client = clientOf(address);
    this.failures.requireRoom(client);
    const key = isWellFormedKey(text) ? this.keys.findByText(text) : undefined;
    if (!key) this.failures.note(client);
    return key ?? null;
  }
}
