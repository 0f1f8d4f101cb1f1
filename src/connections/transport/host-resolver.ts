import { lookup } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import pLimit from 'p-limit';

// Lookups take threads from a pool of four, which files and cryptography use as well: one is always left to them.
const LOOKUPS_AT_ONCE = 3;
const SUSPECT_LOOKUPS_AT_ONCE = 1;

/** Finds the addresses of hosts so that a slow name server, or a name that does not exist, delays no other host. */
export class HostResolver {
  private readonly underWay = new Map<string, Promise<LookupAddress[]>>();
  /** Names that failed last; they wait for each other, and for nobody else. */
  private readonly suspects = new Set<string>();
  private readonly lookups = pLimit(LOOKUPS_AT_ONCE - SUSPECT_LOOKUPS_AT_ONCE);
  private readonly suspectLookups = pLimit(SUSPECT_LOOKUPS_AT_ONCE);

  constructor(
    private readonly find: (host: string) => Promise<LookupAddress[]> = (host) => lookup(host, { all: true }),
  ) {}

  /** One lookup per host at a time, and none for an address. Rejects with the name server's error. */
  resolve(host: string): Promise<LookupAddress[]> {
    const family = isIP(host);
    if (family !== 0) return Promise.resolve([{ address: host, family }]);

    const shared = this.underWay.get(host);
    if (shared) return shared;
    const limit = this.suspects.has(host) ? this.suspectLookups : this.lookups;
    const found = limit(() => this.lookUp(host)).finally(() => this.underWay.delete(host));
    this.underWay.set(host, found);
    return found;
  }

  private async lookUp(host: string): Promise<LookupAddress[]> {
    try {
      const addresses = await this.find(host);
      this.suspects.delete(host);
      return addresses;
    } catch (error) {
      this.suspects.add(host);
      throw error;
    }
  }
}
