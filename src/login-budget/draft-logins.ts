import { createHmac, randomBytes } from 'node:crypto';
import type { Moment } from '../common/clock';
import type { Secret } from '../crypto/secret';
import { originText } from '../gateways/origin';
import { LOGIN_BUDGET } from './login-standing';

const MAX_REMEMBERED = 10_000;

/** A login that is not stored. */
export interface DraftLogin {
  readonly url: string;
  readonly email: string;
  readonly password: Secret;
}

interface Refusals {
  readonly count: number;
  readonly lastAt: Moment;
}

/**
 * Counts the refusals of logins that are not stored, so that repeated tests of a draft do not lock the plant's account: after three
 * refusals, one more login is allowed each `retryMs`. Kept in memory only, because nothing about a draft is stored.
 */
export class DraftLogins {
  private readonly refusals = new Map<string, Refusals>();
  /** Key of the digests by which logins are remembered. It is random and exists only in memory. */
  private readonly key = randomBytes(32);

  constructor(private readonly retryMs: number) {}

  isAllowed(login: DraftLogin): boolean {
    const known = this.refusals.get(this.digest(login));
    return !known || known.count < LOGIN_BUDGET || performance.now() - known.lastAt >= this.retryMs;
  }

  refused(login: DraftLogin): void {
    const digest = this.digest(login);
    const count = (this.refusals.get(digest)?.count ?? 0) + 1;
    this.refusals.delete(digest); // Moves it to the end of the map: the login refused longest ago is dropped first.
    this.refusals.set(digest, { count, lastAt: performance.now() });
    const [oldest = digest] = this.refusals.keys();
    if (this.refusals.size > MAX_REMEMBERED) this.refusals.delete(oldest);
  }

  accepted(login: DraftLogin): void {
    this.refusals.delete(this.digest(login));
  }

  /** Identifies a login by origin, e-mail and password. The path does not count, since a gateway may answer at any path. */
  digest({ url, email, password }: DraftLogin): string {
    return createHmac('sha256', this.key)
      .update(JSON.stringify([originText(url), email.toLowerCase(), password.revealOrNull()]))
      .digest('base64');
  }
}
