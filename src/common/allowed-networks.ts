import { BlockList, isIP } from 'node:net';
import { addressBits, carriedIpv4 } from './ipv6';

/** One network: `10.0.0.0/8`. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Where gateways are: private networks, and those of carriers. */
export const DEFAULT_NETWORKS = '10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7';

/** Besides, outside production: gateways that are simulated on this machine. */
export const LOOPBACK_NETWORKS = '127.0.0.0/8, ::1/128';

/** No gateway is there, and some of what is must not be reached by accident. Only a narrow network opens them. */
const NEVER = [
  '0.0.0.0/8', // This machine, on most systems.
  '::/128',
  '169.254.0.0/16', // Link-local; the metadata of most clouds.
  'fe80::/10',
  '224.0.0.0/4', // Multicast.
  'ff00::/8',
  '255.255.255.255/32', // Broadcast.
  '100.100.100.200/32', // Metadata of clouds that use private addresses for it.
  'fd00:ec2::254/128',
].join(', ');

/** How narrow a network must be to open what is never open otherwise. */
const NARROW_PREFIX = { ipv4: 16, ipv6: 64 };

const BITS = { ipv4: 32, ipv6: 128 };

/**
 * Reads one network. Null when it is none: no prefix, bits set after the prefix, or IPv4 in the guise of IPv6, which would never
 * match, since such addresses are checked as the IPv4 addresses that they stand for.
 */
export function parseNetwork(text: string): Network | null {
  const [, address = '', digits = ''] = /^([\da-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return null;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const prefix = Number(digits);
  const hostBits = BigInt(BITS[family] - prefix);
  if (hostBits < 0n || (addressBits(address) & ((1n << hostBits) - 1n)) !== 0n) return null;
  if (family === 'ipv6' && carriedIpv4(address) !== null) return null;
  return { address, prefix, family };
}

/** The networks of a list that is known to be valid. */
export function networksOf(list: string): Network[] {
  return list.split(',').flatMap((text) => parseNetwork(text.trim()) ?? []);
}

/** Says which address is refused; of several, the first. */
export function outsideNetworks([first = 'It', ...others]: readonly string[]): string {
  const which = others.length > 0 ? `${first}, like ${others.length} more of this name, is` : `${first} is`;
  return `${which} outside the allowed networks (GATEWAY_NETWORKS)`;
}

/** Says to which addresses this service may open connections. */
export class AllowedNetworks {
  private readonly allowed: BlockList;
  private readonly narrow: BlockList;
  private readonly never = listOf(networksOf(NEVER));

  constructor(networks: readonly Network[]) {
    this.allowed = listOf(networks);
    this.narrow = listOf(networks.filter(({ family, prefix }) => prefix >= NARROW_PREFIX[family]));
  }

  /** @param address IPv4 or IPv6; anything else is not allowed */
  allows(address: string): boolean {
    const bare = address.replace(/%.*$/, ''); // A zone names an interface of this machine.
    const version = isIP(bare);
    if (version === 0) return false;
    const carried = version === 6 ? carriedIpv4(bare) : null;
    if (carried !== null) return this.allows(carried);
    const family = version === 4 ? 'ipv4' : 'ipv6';
    return (this.never.check(bare, family) ? this.narrow : this.allowed).check(bare, family);
  }
}

function listOf(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}
