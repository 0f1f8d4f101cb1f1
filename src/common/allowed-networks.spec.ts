import {
  AllowedNetworks,
  DialNetworks,
  listOf,
  DEFAULT_NETWORKS,
  LOOPBACK_NETWORKS,
  networksOf,
  outsideNetworks,
  parseNetwork,
} from './allowed-networks';

const inProduction = new AllowedNetworks(networksOf(DEFAULT_NETWORKS));
const inDevelopment = new AllowedNetworks(networksOf(`${DEFAULT_NETWORKS}, ${LOOPBACK_NETWORKS}`));
const everywhere = new AllowedNetworks(networksOf('0.0.0.0/0, ::/0'));

describe('AllowedNetworks', () => {
  it.each(['10.0.0.7', '172.16.0.1', '172.31.255.254', '192.168.1.10', '100.64.0.1', 'fd12:3456::1', 'fc00::1'])(
    'SEC-15: allows the usual addresses of gateways: %s',
    (address) => {
      expect(inProduction.allows(address)).toBe(true);
    },
  );

  it.each(['::ffff:10.0.0.7', '::ffff:a00:7', '64:ff9b::10.0.0.7', '2002:a00:7::1'])(
    'SEC-15: checks the IPv4 address embedded in %s',
    (address) => {
      expect(inProduction.allows(address)).toBe(true);
    },
  );

  it.each([
    ...['127.0.0.1', '127.9.9.9', '::1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:db8::1', '::', '0.0.0.0'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1', '64:ff9b::127.0.0.1', '2002:7f00:1::', '::127.0.0.1'],
    ...['169.254.1.1', '169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', 'fe80::1', 'fe80::1%eth0'],
    ...['224.0.0.1', 'ff02::1', '255.255.255.255', '100.100.100.200', 'fd00:ec2::254', '64:ff9b:1::7f00:1'],
    ...['', 'localhost', '10.0.0', '10.0.0.7/8', '127.1'],
  ])('SEC-15: refuses %j in production', (address) => {
    expect(inProduction.allows(address)).toBe(false);
  });

  it('SEC-15: also allows loopback addresses in development', () => {
    expect(['127.0.0.1', '127.0.0.9', '::1', '::ffff:127.0.0.1'].every((it) => inDevelopment.allows(it))).toBe(true);
    expect(['0.0.0.0', '::', '169.254.1.1', '8.8.8.8'].some((it) => inDevelopment.allows(it))).toBe(false);
  });

  it('SEC-15: allows public addresses in a wide network, but none that need a narrow one', () => {
    expect(['8.8.8.8', '2001:db8::1', '64:ff9b::808:808'].every((it) => everywhere.allows(it))).toBe(true);
    const closed = ['169.254.1.1', '0.0.0.0', '::', 'fe80::1', 'ff02::1', '224.0.0.1', '255.255.255.255'];
    const metadata = ['100.100.100.200', 'fd00:ec2::254', '::ffff:169.254.169.254', '169.254.169.254'];
    expect([...closed, ...metadata].filter((it) => everywhere.allows(it))).toEqual([]);
  });

  it.each([
    ['169.254.0.0/16', '169.254.1.1', true],
    ['169.254.0.0/15', '169.254.1.1', false],
    ['169.254.1.0/24', '169.254.1.1', true],
    ['169.254.1.0/24', '169.254.2.1', false],
    ['169.254.1.0/24', '64:ff9b::169.254.1.1', true],
    ['fe80::/64', 'fe80::1', true],
    ['fe80::/64', 'fe80::1%eth0', true],
    ['fe80::/10', 'fe80::1', false],
    ['fd00:ec2::254/128', 'fd00:ec2::254', true],
    ['fd00::/8', 'fd00:ec2::254', false],
    ['100.100.100.200/32', '100.100.100.200', true],
    ['224.0.0.0/4', '224.0.0.1', false],
    ['2001:db8:1:2:3:4:5:6/128', '2001:db8:1:2:3:4:5:6', true],
    ['2001:db8:1:2:3:4:5:6/128', '2001:db8:1:2:3:4:5:7', false],
  ])('SEC-15: with %s alone, whether %s is allowed: %s', (network, address, isAllowed) => {
    const alone = new AllowedNetworks(networksOf(network));
    expect(alone.allows(address)).toBe(isAllowed);
  });
});

describe('parseNetwork', () => {
  it.each(['10.0.0.0/8', '10.0.0.7/32', '0.0.0.0/0', '::/0', 'FD00::/8', '::1/128', '2001:db8:1:2:3:4:5:0/112'])(
    'reads %s',
    (text) => {
      expect(parseNetwork(text)).not.toBeNull();
    },
  );

  it.each([
    ...['', '10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '::/129', '10.0.0.0/-1', '10.0.0.0/8 ', '10.0.0/8', '010.0.0.0/8'],
    ...[
      ' 10.0.0.0/8',
      '%10.0.0.0/8',
      '2001:db8:1:2:3:4:5:6/112',
      '10.0.0.1/8',
      'fd00::1/8',
      'localhost/8',
      'fe80::%eth0/64',
      '10.0.0.0/255.0.0.0',
      '/8',
    ],
    ...['::ffff:10.0.0.0/104', '64:ff9b::/96', '2002::/16'],
  ])('SEC-15: rejects %j', (text) => {
    expect(parseNetwork(text)).toBeNull();
  });
});

describe('networksOf', () => {
  it('reads the networks of a list, and skips invalid entries', () => {
    expect(networksOf('10.0.0.0/8,nonsense , ::1/128')).toEqual([
      { address: '10.0.0.0', prefix: 8, family: 'ipv4' },
      { address: '::1', prefix: 128, family: 'ipv6' },
    ]);
  });
});

describe('outsideNetworks', () => {
  it.each([
    [['8.8.8.8'], '8.8.8.8 is'],
    [['8.8.8.8', '8.8.4.4'], '8.8.8.8 and 1 more of this name are'],
    [['8.8.8.8', '8.8.4.4', '::1'], '8.8.8.8 and 2 more of this name are'],
    [[], 'It is'],
  ])('names the first of %j and counts the others', (addresses, beginning) => {
    for (const setting of ['GATEWAY_NETWORKS', 'gateway_networks of the organization'] as const) {
      expect(outsideNetworks(addresses, setting)).toBe(`${beginning} outside the allowed networks (${setting})`);
    }
  });
});

describe('DialNetworks', () => {
  const narrowed = new Map([['narrow', listOf(networksOf('10.1.0.0/16, fd00:1::/32, 8.0.0.0/8'))]]);
  const networks = new DialNetworks(inProduction, narrowed);

  it.each([
    ['10.1.2.3', 'narrow', null],
    ['::ffff:10.1.2.3', 'narrow', null],
    ['fd00:1::7%eth0', 'narrow', null],
    ['10.2.0.1', 'narrow', 'gateway_networks of the organization'],
    ['64:ff9b::a02:1', 'narrow', 'gateway_networks of the organization'],
    ['fd00:2::1', 'narrow', 'gateway_networks of the organization'],
    ['8.8.8.8', 'narrow', 'GATEWAY_NETWORKS'], // Both must allow it.
    ['no address', 'narrow', 'GATEWAY_NETWORKS'],
    ['10.2.0.1', 'wide', null],
    ['10.2.0.1', null, null],
    ['8.8.8.8', null, 'GATEWAY_NETWORKS'],
  ])('SEC-15: decides on %s for the organization %s: %s', (address, organizationId, refusal) => {
    expect(networks.refusalOf(address, organizationId)).toBe(refusal);
  });

  it('has no networks but its own without those of organizations', () => {
    expect(new DialNetworks(inProduction).refusalOf('10.2.0.1', 'narrow')).toBeNull();
  });
});
