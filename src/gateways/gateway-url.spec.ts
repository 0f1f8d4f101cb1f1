import { addressInUrl, gatewayUrlProblem } from './gateway-url';

/** A host name of 253 characters. */
const LONGEST = `${'a'.repeat(61)}.`.repeat(4) + 'a'.repeat(5);

describe('gatewayUrlProblem', () => {
  it.each([
    ...['ws://10.0.0.7:5000', 'wss://gw.example.org', 'WS://GW.Example.ORG:80/', 'ws://gw.example.org.:5000'],
    ...['ws://[fd00::7]:5000', 'ws://[FD00::7]', 'ws://[::1]/x?y=1', 'ws://[::ffff:a00:7]', 'ws://host:65535?x'],
    ...[
      'wss://bücher.example',
      'wss://BÜCHER.example:1/ü',
      'wss://bu\u0308cher.example',
      'wss://xn--bcher-kva.example',
    ],
    ...['ws://gw_1', 'ws://1a', 'ws://10.example', `ws://${'a'.repeat(63)}.example`],
    ...[`ws://${LONGEST}`, `ws://${LONGEST}.`],
  ])('finds nothing wrong with %s', (url) => {
    expect(gatewayUrlProblem(url)).toBeNull();
  });

  it.each([
    ['ws://127.000.000.010:5000', '127.0.0.8'],
    ['ws://0x7f.1', '127.0.0.1'],
    ['ws://2130706433:3900/', '127.0.0.1'],
    ['ws://0', '0.0.0.0'],
    ['ws://127.1', '127.0.0.1'],
    ['ws://010.0.0.7', '8.0.0.7'],
    ['ws://10.0.0.7.', '10.0.0.7'],
    ['ws://10.0.0.7.:5000', '10.0.0.7'],
    ['ws://%31%30.0.0.7', '10.0.0.7'],
    ['ws://ex%61mple.org', 'example.org'],
    ['ws://１２７.0.0.1', '127.0.0.1'],
    ['ws://１0.example', '10.example'],
    ['ws://10。0。0。7', '10.0.0.7'],
    ['ws://gw.exam\u00adple.org', 'gw.example.org'],
    ['ws://[::ffff:127.0.0.1]:5000', '[::ffff:7f00:1]'],
    ['ws://[0:0:0:0:0:0:0:1]', '[::1]'],
    ['ws://[fd00::0007]', '[fd00::7]'],
  ])('SEC-15: rejects a host that is not read as it is written, and says how it is read: %s', (url, read) => {
    expect(gatewayUrlProblem(url)).toContain(`read as ${read};`);
  });

  it.each([
    ...['', 'host', 'ws:host', 'ws:/host', String.raw`ws:\\host`, 'ws://', 'ws:///x', 'ws://:80'],
    ...['http://host', 'xws://host', ' ws://host', 'x ws://host', 'ws://host ', 'ws://host\t', 'ws://ho\nst'],
    ...['ws://user@host', 'ws://user:pw@host', 'ws://@host', 'ws://host#', 'ws://host#x', 'ws://host/x#y'],
    ...['ws://host/a b', String.raw`ws://host/\x`, 'ws://host/\u0000', 'ws://host/\ud800', 'ws://a[b]', 'ws://[::1]x'],
  ])('rejects what is not a ws or wss URL with a host, or has user info or a fragment: %j', (url) => {
    expect(gatewayUrlProblem(url)).toBe(
      'must be a ws:// or wss:// URL with a host, and without user info and fragment',
    );
  });

  it.each(['ws://host:65536', 'ws://1.2.3.4.5', 'ws://256.1.1.1', 'ws://[fe80::1%25eth0]', 'ws://[x]'])(
    'rejects an invalid host or port: %s',
    (url) => {
      expect(gatewayUrlProblem(url)).toBe('must be a ws:// or wss:// URL with a valid host and port');
    },
  );

  it.each([
    'ws://host:',
    'ws://host:/',
    'ws://[::1]:',
    'ws://host:0',
    'ws://host:0/x',
    'ws://host:05000',
    'ws://host:x',
    'ws://host:80x',
    'ws://host:x:80',
  ])('rejects an empty port, port 0 and an invalid port: %s', (url) => {
    expect(gatewayUrlProblem(url)).toContain('must have a port from 1 to 65535');
  });

  it.each([
    'ws://a..b',
    'ws://.a',
    'ws://a..',
    `ws://${'a'.repeat(64)}.example`,
    `ws://${'ab.'.repeat(85)}example`,
    `ws://a${LONGEST}`,
  ])('rejects a host name that DNS does not allow: %s', (url) => {
    expect(gatewayUrlProblem(url)).toContain('labels');
  });

  it.each(['ws://host:65536', 'ws://1.2.3.4.5', 'ws://[::1', 'ws://[fe80::1%25eth0]', 'ws://256.1.1.1', 'ws://a b'])(
    'rejects what cannot be parsed: %s',
    (url) => {
      expect(gatewayUrlProblem(url)).not.toBeNull();
    },
  );
});

describe('addressInUrl', () => {
  it.each([
    ['ws://10.0.0.7:5000', '10.0.0.7'],
    ['ws://[fd00::7]/x', 'fd00::7'],
    ['ws://127.000.000.010', '127.0.0.8'],
    ['ws://gw.example.org', null],
    ['no URL', null],
  ])('finds in %s the address %s', (url, address) => {
    expect(addressInUrl(url)).toBe(address);
  });
});
