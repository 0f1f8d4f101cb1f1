import type { TlsSettings } from '../gateway-client/transport/tls-settings';
import { TlsNeedsWssError } from './gateway.errors';
import { brokenBindings, requireWss } from './password-binding';
import type { Destination } from './password-binding';

const stored: Destination = { url: 'wss://gw.example:5000/a?b=1', tls: null, email: 'ops@example.org' };
const brokenBy = (changes: Partial<Destination>, from: Partial<Destination> = {}) =>
  brokenBindings({ ...stored, ...from }, { ...stored, ...from, ...changes });

describe('SEC-14: a stored password', () => {
  it.each([
    ['nothing', {}],
    ['another path', { url: 'wss://gw.example:5000/c' }],
    ['another query', { url: 'wss://gw.example:5000/a?1' }],
    ['no path', { url: 'wss://gw.example:5000' }],
    ['the host in another case', { url: 'WSS://GW.Example:5000/a?b=1' }],
    ['the e-mail in another case', { email: 'OPS@example.org' }],
  ])('may be reused after a change to %s', (_, changes) => {
    expect(brokenBy(changes)).toEqual([]);
  });

  it.each([
    ['ws://10.0.0.7', 'ws://10.0.0.7:80/'],
    ['wss://10.0.0.7:443', 'wss://10.0.0.7'],
    ['ws://[2001:DB8::1]:5000', 'ws://[2001:db8:0::1]:5000/x'],
  ])('may be reused from %s to %s, which is equivalent', (from, to) => {
    expect(brokenBy({ url: to }, { url: from })).toEqual([]);
  });

  it.each([
    ['wss://gw.example:5000', 'ws://gw.example:5000'],
    ['ws://gw.example:5000', 'wss://gw.example:5000'],
    ['ws://10.0.0.7', 'wss://10.0.0.7'],
    ['ws://10.0.0.7', 'ws://10.0.0.8'],
    ['ws://10.0.0.7:80', 'ws://10.0.0.7:81'],
    ['ws://gw.example', 'ws://gw.example.'],
    ['ws://gw.example', 'ws://gw.example.org'],
    ['not a url', 'ws://gw.example'],
  ])('may not be reused from %s to %s', (from, to) => {
    expect(brokenBy({ url: to }, { url: from })).toEqual(['origin']);
  });

  it('may not be reused with another e-mail, and every obstacle is named', () => {
    expect(brokenBy({ email: 'other@example.org' })).toEqual(['email']);
    expect(brokenBy({ url: 'ws://x', email: 'x@y', tls: { insecure: true } })).toEqual(['origin', 'email', 'tls']);
  });

  const settings: Record<string, TlsSettings | null> = {
    system: null,
    caA: { ca: 'A' },
    caB: { ca: 'B' },
    pinA: { fingerprint256: 'AA' },
    pinB: { fingerprint256: 'BB' },
    bothA: { ca: 'A', fingerprint256: 'AA' },
    mixed: { ca: 'B', fingerprint256: 'AA' },
    insecure: { insecure: true },
  };
  /** For each stored setting, the settings that accept no additional certificate. */
  const free: Record<string, string[]> = {
    system: ['system'],
    caA: ['caA', 'bothA'],
    caB: ['caB', 'mixed'],
    pinA: ['pinA', 'bothA', 'mixed'],
    pinB: ['pinB'],
    bothA: ['bothA'],
    mixed: ['mixed'],
    insecure: Object.keys(settings),
  };
  const pairs = Object.keys(settings).flatMap((from) => Object.keys(settings).map((to) => [from, to] as const));

  it.each(pairs)('may be reused only with tls that accepts no more certificates: from %s to %s', (from, to) => {
    const broken = brokenBy({ tls: settings[to] ?? null }, { tls: settings[from] ?? null });
    expect(broken).toEqual(free[from]?.includes(to) ? [] : ['tls']);
  });
});

describe('settings that verify a certificate', () => {
  it.each<[string, TlsSettings]>([
    ['ws://10.0.0.7', { ca: 'A' }],
    ['WS://10.0.0.7', { fingerprint256: 'AA' }],
  ])('are rejected for a URL without TLS: %s and %j', (url, tls) => {
    expect(() => requireWss({ url, tls })).toThrow(TlsNeedsWssError);
  });

  it.each<[string, TlsSettings | null | undefined]>([
    ['wss://10.0.0.7', { ca: 'A', fingerprint256: 'AA' }],
    ['ws://10.0.0.7', null],
    ['ws://10.0.0.7', undefined],
    ['ws://10.0.0.7', { insecure: true }],
  ])('are accepted with %s and %j', (url, tls) => {
    expect(() => requireWss({ url, tls })).not.toThrow();
  });
});
