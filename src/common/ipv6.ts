import { isIPv4 } from 'node:net';

/** IPv6 prefixes that embed an IPv4 address, in groups of 16 bits; `at` is the index of the group where the IPv4 address starts. */
const EMBEDDING_PREFIXES = [
  { groups: [0, 0, 0, 0, 0, 0xffff], at: 6 }, // ::ffff:0:0/96, mapped: RFC 4291, section 2.5.5.2.
  { groups: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 }, // 64:ff9b::/96, NAT64: RFC 6052, section 2.1.
  { groups: [0x2002], at: 1 }, // 2002::/16, 6to4: RFC 3056, section 2.
];

/** The eight groups of a valid IPv6 address without a zone. */
export function ipv6Groups(address: string): number[] {
  // The URL parser normalizes the address, and writes a dotted IPv4 suffix in hexadecimal.
  const canonical = new URL(`ws://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].map((group) => parseInt(group, 16));
}

/** The IPv4 address embedded in an IPv6 address, or null. */
export function embeddedIpv4(address: string): string | null {
  const groups = ipv6Groups(address);
  const carrier = EMBEDDING_PREFIXES.find(({ groups: start }) =>
    start.every((group, index) => groups[index] === group),
  );
  if (!carrier) return null;
  const [high = 0, low = 0] = groups.slice(carrier.at);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** A valid address of either family as a number. */
export function addressBits(address: string): bigint {
  const [parts, width] = isIPv4(address) ? [address.split('.').map(Number), 8n] : [ipv6Groups(address), 16n];
  return parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n);
}
