import { BlockList, isIP } from 'node:net';
import { addressBits, embeddedIpv4 } from './ipv6';

/** A network in CIDR notation: `10.0.0.0/8`. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Private networks, and the shared address space of carriers (RFC 6598). */
export const DEFAULT_NETWORKS = '10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7';

/** Added outside production, for simulated gateways on this machine. */
export const LOOPBACK_NETWORKS = '127.0.0.0/8, ::1/128';

/** Special-purpose addresses: no gateway has one, and some must never be dialled by accident. Only a narrow entry allows them. */
const NEVER = [
  '0.0.0.0/8', // This machine, on most systems.
  '::/128',
  '169.254.0.0/16', // Link-local; the metadata service of most clouds.
  'fe80::/10',
  '224.0.0.0/4', // Multicast.
  'ff00::/8',
  '255.255.255.255/32', // Broadcast.
  '100.100.100.200/32', // Metadata services that use private addresses.
  'fd00:ec2::254/128',
].join(', ');

/** The shortest prefix with which an entry can allow special-purpose addresses. */
const NARROW_PREFIX = { ipv4: 16, ipv6: 64 };

const BITS = { ipv4: 32, ipv6: 128 };

/**
 * Parses a network in CIDR notation. Returns null without a valid prefix, with host bits set, or for an IPv6 network that embeds
 * IPv4 addresses: such an entry would never match, because embedded addresses are checked as IPv4.
 */
export function parseNetwork(text: string): Network | null {
  const [, address = '', digits = ''] = /^([\da-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return null;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const prefix = Number(digits);
  const hostBits = BigInt(BITS[family] - prefix);
  if (hostBits < 0n || (addressBits(address) & ((1n << hostBits) - 1n)) !== 0n) return null;
  if (family === 'ipv6' && embeddedIpv4(address) !== null) return null;
  return { address, prefix, family };
}

/** Parses a comma-separated list that is known to be valid. */
export function networksOf(list: string): Network[] {
  return list.split(',').flatMap((text) => parseNetwork(text.trim()) ?? []);
}

/** The setting that refuses an address. */
export type NetworkSetting = 'GATEWAY_NETWORKS' | 'gateway_networks of the organization';

/** The message for refused addresses: names the first and counts the others. */
export function outsideNetworks([first = 'It', ...others]: readonly string[], setting: NetworkSetting): string {
  const which = others.length > 0 ? `${first} and ${others.length} more of this name are` : `${first} is`;
  return `${which} outside the allowed networks (${setting})`;
}

/** The address that is dialled: without a zone, and the IPv4 address in an IPv6 address that embeds one. Null if it is no address. */
export function addressDialled(address: string): string | null {
  const bare = address.replace(/%.*$/, ''); // The zone (`%eth0`) names a local interface.
  const version = isIP(bare);
  if (version === 0) return null;
  const carried = version === 6 ? embeddedIpv4(bare) : null;
  return carried === null ? bare : addressDialled(carried);
}

/** Decides which addresses the service may connect to. */
export class AllowedNetworks {
  private readonly allowed: BlockList;
  private readonly narrow: BlockList;
  private readonly never = listOf(networksOf(NEVER));

  constructor(networks: readonly Network[]) {
    this.allowed = listOf(networks);
    this.narrow = listOf(networks.filter(({ family, prefix }) => prefix >= NARROW_PREFIX[family]));
  }

  /** @param address IPv4 or IPv6; anything else is refused */
  allows(address: string): boolean {
    const dialled = addressDialled(address);
    if (dialled === null) return false;
    const family = familyOf(dialled);
    return (this.never.check(dialled, family) ? this.narrow : this.allowed).check(dialled, family);
  }
}

/** The networks of the organizations that narrow `GATEWAY_NETWORKS`, by the id of the organization. */
export type NarrowedNetworks = ReadonlyMap<string, BlockList>;

/** Decides which addresses may be dialled: those in `GATEWAY_NETWORKS` and, if the gateway's organization has networks, in one of these. */
export class DialNetworks {
  /** @param narrowed read at each decision, so a change has an effect at once */
  constructor(
    private readonly all: AllowedNetworks,
    private readonly narrowed: NarrowedNetworks = new Map(),
  ) {}

  /**
   * The setting that refuses an address; null if it may be dialled.
   * @param organizationId null: no organization narrows the networks
   */
  refusalOf(address: string, organizationId: string | null): NetworkSetting | null {
    if (!this.all.allows(address)) return 'GATEWAY_NETWORKS';
    const networks = this.narrowedBy(organizationId);
    const dialled = addressDialled(address);
    if (!networks || dialled === null || networks.check(dialled, familyOf(dialled))) return null;
    return 'gateway_networks of the organization';
  }

  narrowedBy(organizationId: string | null): BlockList | undefined {
    return organizationId === null ? undefined : this.narrowed.get(organizationId);
  }
}

/** Whether each of these networks is part of one of the others. */
export function isWithinNetworks(networks: readonly Network[], others: readonly Network[]): boolean {
  return networks.every(({ address, prefix, family }) =>
    others.some((other) => other.prefix <= prefix && listOf([other]).check(address, family)),
  );
}

function familyOf(address: string): Network['family'] {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

/** For `check` of addresses. */
export function listOf(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}
