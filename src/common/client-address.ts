const IPV6_GROUPS = 8;
const NETWORK_GROUPS = 4;

/**
 * The key by which clients are counted: the IPv4 address itself, or the /64 network of an IPv6 address, because a single host can
 * use every address of its /64.
 */
export function clientOf(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const plain = plainAddress(address);
  return plain.includes(':') ? networkOf(plain) : plain;
}

/**
 * The address without what the socket adds to it: the zone of a link-local address (`fe80::1%eth0`), which PostgreSQL does not accept,
 * and the prefix of an IPv4 address on a socket that accepts both kinds (`::ffff:10.0.0.7`).
 */
export function plainAddress(address: string): string {
  const [plain = ''] = address.split('%', 1);
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1] ?? plain;
}

function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const last = tail === '' ? [] : tail.split(':');
    while (groups.length + last.length < IPV6_GROUPS) groups.push('0');
    groups.push(...last);
  }
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}
