import { isIPv6 } from 'node:net';
import type { BlockList } from 'node:net';
import { listOf, networksOf } from '../common/allowed-networks';
import type { Actor } from '../common/actor';
import { plainAddress } from '../common/client-address';
import type { CachedKeyRow } from './api-keys.repository';
import { grantedScopes } from './roles';
import type { Role } from './roles';

/** A key that works, in memory. All requests with it share one actor. */
export class VerifiedKey {
  readonly id: string;
  readonly actor: Actor;
  readonly role: Role;
  readonly digest: string;
  /** Milliseconds since 1970; Infinity for a key that does not expire. */
  readonly expiresAt: number;
  /** What the key may do and from where, to notice changes. */
  readonly rights: string;
  /** Milliseconds since 1970 of the latest use that is not stored; 0 if there is none. */
  usedAt = 0;
  usedFrom: string | undefined;
  private readonly networks: BlockList | null;

  constructor(row: CachedKeyRow) {
    const { id, name, organizationId, allowedNetworks, expiresAt } = row;
    const scopes = grantedScopes(row);
    this.id = id;
    const limits = { allowedNetworks, expiresAt };
    this.actor = { kind: 'key', id, name, organizationId, scopes: new Set(scopes), limits };
    this.role = row.role;
    this.digest = digestText(row.hash);
    this.expiresAt = expiresAt?.getTime() ?? Infinity;
    this.rights = JSON.stringify([scopes, allowedNetworks]);
    this.networks = allowedNetworks && listOf(networksOf(allowedNetworks.join()));
  }

  /** Whether the key may be used from this address. */
  allows(address: string | undefined): boolean {
    if (!this.networks) return true;
    if (address === undefined) return false;
    const plain = plainAddress(address);
    return this.networks.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  }
}

/** A digest as a key of a Map. */
export function digestText(digest: Buffer): string {
  return digest.toString('base64');
}
