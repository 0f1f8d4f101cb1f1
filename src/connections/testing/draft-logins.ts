import { createHmac, randomBytes } from 'node:crypto';
import type { Moment } from '../../common/clock';
import { LOGIN_BUDGET } from '../../gateways/connection-target';
import { originText } from '../../gateways/origin';
import type { Candidate } from './ladder';

const MAX_REMEMBERED = 10_000;

interface Refusals {
  readonly count: number;
  readonly lastAt: Moment;
}

/**
 * Counts the refusals of logins that are stored nowhere, so that testing a draft again and again does not lock the plant's
 * account: after three, one more each `retryMs`. In memory: what is not saved is not written down.
 */
export class DraftLogins {
  private readonly refusals = new Map<string, Refusals>();
  /** Logins are remembered by their digest, with a key that nobody else has. */
  private readonly key = randomBytes(32);

  constructor(private readonly retryMs: number) {}

  isAllowed(candidate: Candidate): boolean {
    const known = this.refusals.get(this.digest(candidate));
    return !known || known.count < LOGIN_BUDGET || performance.now() - known.lastAt >= this.retryMs;
  }

  refused(candidate: Candidate): void {
    const digest = this.digest(candidate);
    const count = (this.refusals.get(digest)?.count ?? 0) + 1;
    this.refusals.delete(digest); // The last one refused is the last to be forgotten.
    this.refusals.set(digest, { count, lastAt: performance.now() });
    const [oldest] = this.refusals.keys();
    if (oldest !== undefined && this.refusals.size > MAX_REMEMBERED) this.refusals.delete(oldest);
  }

  accepted(candidate: Candidate): void {
    this.refusals.delete(this.digest(candidate));
  }

  /** Identifies a login by origin, e-mail and password. The path does not count, since a gateway may answer at any path. */
  digest({ url, email, password }: Candidate): string {
    return createHmac('sha256', this.key)
      .update(JSON.stringify([originText(url), email.toLowerCase(), password.revealOrNull()]))
      .digest('base64');
  }
}
