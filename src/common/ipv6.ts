import { isIPv4 } from 'node:net';

/** Addresses that stand for an IPv4 address: where they begin, in groups of 16 bits, and in which group the IPv4 address begins. */
const CARRIERS = [
  { groups: [0, 0, 0, 0, 0, 0xffff], at: 6 }, // ::ffff:0:0/96, mapped: RFC 4291, section 2.5.5.2.
  { groups: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 }, // 64:ff9b::/96, NAT64: RFC 6052, section 2.1.
  { groups: [0x2002], at: 1 }, // 2002::/16, 6to4: RFC 3056, section 2.
];

/** The eight groups of an IPv6 address, which must be valid and without a zone. */
export function ipv6Groups(address: string): number[] {
  // The parser writes a dotted end in hexadecimal, and every address in one way.
  const canonical = new URL(`ws://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].map((group) => parseInt(group, 16));
}

/** The IPv4 address that an IPv6 address stands for; null where it stands for none. */
export function carriedIpv4(address: string): string | null {
  const groups = ipv6Groups(address);
  const carrier = CARRIERS.find(({ groups: start }) => start.every((group, index) => groups[index] === group));
  if (!carrier) return null;
  const [high = 0, low = 0] = groups.slice(carrier.at);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The bits of a valid address of either family, as one number. */
export function addressBits(address: string): bigint {
  const [parts, width] = isIPv4(address) ? [address.split('.').map(Number), 8n] : [ipv6Groups(address), 16n];
  return parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n);
}
