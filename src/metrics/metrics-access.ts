import { Injectable } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import { KeyAuthenticator } from '../api-keys/key-authenticator';
import { requireScope } from '../common/actor';
import type { Actor, Scope } from '../common/actor';
import { ForbiddenError } from '../common/domain-error';
import { Config } from '../config/config';

/** What the metrics show: counts of connections and readings, and the names of factories and organizations. */
const SCOPES: readonly Scope[] = ['connections:read', 'readings:read', 'factories:read', 'organizations:read'];

/** The metrics count the gateways of all organizations. */
export class KeyIsLimitedError extends ForbiddenError {
  readonly code = 'FORBIDDEN';

  constructor() {
    super('The metrics are of all organizations, and this key is limited to one');
  }
}

/** Decides who may read the metrics. */
@Injectable()
export class MetricsAccess {
  private readonly token: Buffer | null;

  constructor(
    private readonly keys: KeyAuthenticator,
    private readonly config: Config,
  ) {
    const { METRICS_TOKEN: token } = config.env;
    this.token = token === undefined ? null : digest(token);
  }

  /**
   * The token opens the metrics. Without `AUTH=keys`, so does everything if no token is set; with it, so does a key that may read
   * everything.
   * @param header the Authorization header
   * @param address of the caller
   * @returns the actor of a key; null for whoever may read without one; undefined if the caller shows nothing that works
   * @throws MissingScopeError, KeyIsLimitedError, or what an authenticator throws
   */
  check(header: string | undefined, address: string | undefined): Actor | null | undefined {
    if (this.token === null && this.config.auth === 'off') return null;
    if (header === undefined) return undefined;
    if (this.token && timingSafeEqual(this.token, digest(bearerOf(header)))) return null;
    if (this.config.auth === 'off') return undefined;
    const actor = this.keys.authenticate(header, address);
    if (!actor) return undefined;
    if (actor.organizationId !== null) throw new KeyIsLimitedError();
    for (const scope of SCOPES) requireScope(actor, scope);
    return actor;
  }
}

function bearerOf(header: string): string {
  return /^Bearer {1,8}(\S+)$/i.exec(header)?.[1] ?? '';
}

/** Of the same length for every text, as the comparison needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
