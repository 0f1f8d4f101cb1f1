import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { blackHole } from '../support/black-hole';
import { LOGIN } from '../support/builders';
import type { CreatedGateway } from '../support/builders';
import { testCertificates } from '../support/certificates';
import type { TestCertificate, TestCertificates } from '../support/certificates';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';
import { breaksProtocol, closesAtOnce, deadPort, notHttp, plainHttp, silentTcp } from '../support/peers';
import type { Peer } from '../support/peers';
import { waitOf } from '../support/wait-of';

const CONNECT_TIMEOUT_MS = 800;
const LOGIN_TIMEOUT_MS = 800;
const HEARTBEAT_INTERVAL_MS = 200;
const HEARTBEAT_TIMEOUT_MS = 1000;
const AUTH_RETRY_MS = 60_000;
const RECONNECT_MAX_MS = 400;

const SETTINGS = {
  CONNECT_TIMEOUT_MS: `${CONNECT_TIMEOUT_MS}`,
  LOGIN_TIMEOUT_MS: `${LOGIN_TIMEOUT_MS}`,
  HEARTBEAT_INTERVAL_MS: `${HEARTBEAT_INTERVAL_MS}`,
  HEARTBEAT_TIMEOUT_MS: `${HEARTBEAT_TIMEOUT_MS}`,
  AUTH_RETRY_MS: `${AUTH_RETRY_MS}`,
  RECONNECT_MAX_MS: `${RECONNECT_MAX_MS}`,
  GATEWAY_MAX_MESSAGE_BYTES: '10000',
  GATEWAY_NETWORKS: '127.0.0.0/8, ::1/128, 255.255.255.255/32', // The last one is unreachable.
};

const peers: Peer[] = [];

async function aPeer(made: Promise<Peer>): Promise<Peer> {
  const peer = await made;
  peers.push(peer);
  return peer;
}

async function closePeers(): Promise<void> {
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
}

describe('a gateway that cannot be dialled', () => {
  const hub = aHub(SETTINGS);
  afterEach(closePeers);

  const secure = (url: string) => url.replace('ws:', 'wss:');

  it.each<[string, string, () => Promise<string>]>([
    ['resolve', 'dns_failed', () => Promise.resolve('ws://no-such-host.invalid:5000')],
    ['tcp', 'connect_refused', async () => (await aPeer(deadPort())).url],
    ['tcp', 'connect_timeout', async () => (await aPeer(blackHole())).url],
    ['tcp', 'unreachable', () => Promise.resolve('ws://255.255.255.255:5000')],
    ['tls', 'tls_failed', async () => secure((await aPeer(silentTcp())).url)],
    ['tls', 'tls_failed', async () => secure((await aPeer(closesAtOnce())).url)],
    ['tls', 'tls_failed', async () => secure((await aPeer(plainHttp(200))).url)],
    ['upgrade', 'connect_timeout', async () => (await aPeer(silentTcp())).url],
    ['upgrade', 'upgrade_rejected', async () => (await aPeer(plainHttp(200))).url],
    ['upgrade', 'upgrade_rejected', async () => (await aPeer(plainHttp(503))).url],
    ['upgrade', 'upgrade_rejected', async () => (await aPeer(notHttp())).url],
    ['upgrade', 'upgrade_rejected', async () => (await aPeer(closesAtOnce())).url],
  ])('%s: %s, and it connects with a correct address', async (step, code, provoke) => {
    const device = await aDevice();
    const gateway = await hub.create({ url: await provoke() });
    const status = await hub.reaches(gateway, { state: 'reconnecting', reason: { code, step } });
    expect(Date.parse(status.next_retry_at ?? '')).not.toBeNaN();
    expect(status).toMatchObject({ connected_at: null, tls_verified: null });

    await hub.put(gateway, { url: device.url });
    await hub.reaches(gateway, { state: 'connected', reason: null, attempt: 0 });
    expect(device.maxOpenConnections).toBe(1);
  });

  it('upgrade: connect_timeout, and it connects by itself when the gateway answers', async () => {
    const device = await aDevice();
    device.freeze();
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { reason: { code: 'connect_timeout', step: 'upgrade' } });
    device.thaw();
    await hub.reaches(gateway, { state: 'connected', reason: null });
    expect(device.maxOpenConnections).toBe(1);
  });

  it('tcp: connect_refused, and it connects by itself when the gateway is up', async () => {
    const device = await aDevice();
    await device.stopListening();
    const gateway = await hub.create(device);
    const refused = { reason: { code: 'connect_refused', step: 'tcp' } };
    const { reason } = await hub.reaches(gateway, refused);
    expect(reason?.message).toBe(`Connection refused by ${new URL(device.url).host}`);
    await device.startListening();
    await hub.reaches(gateway, { state: 'connected', reason: null });
  });
});

describe('a gateway with TLS', () => {
  let certificates: TestCertificates;
  const bundle = join(tmpdir(), `gateway-hub-authorities-${randomBytes(6).toString('hex')}.pem`);
  beforeAll(async () => {
    certificates = await testCertificates();
    await writeFile(bundle, certificates.authority.cert);
  });
  afterAll(() => rm(bundle));
  // Replaces the authorities of the system.
  const hub = aHub({ ...SETTINGS, SSL_CERT_FILE: bundle });

  const listening = ({ key, cert }: TestCertificate): Promise<SimulatedGateway> => aDevice({ tls: { key, cert } });
  const failed = { state: 'reconnecting', reason: { code: 'tls_failed', step: 'tls' } };

  it('is verified against the authorities of the system', async () => {
    const gateway = await hub.connected(await listening(certificates.valid));
    expect(await hub.statusOf(gateway)).toMatchObject({ tls_verified: true });
  });

  it.each<[keyof TestCertificates, string]>([
    ['selfSigned', 'is self-signed'],
    ['expired', 'has expired'],
    ['notYetValid', 'is not valid yet'],
    ['wrongName', 'is for another name'],
  ])('fails with a certificate that is %s, and connects with a valid one', async (which, words) => {
    const device = await listening(certificates[which]);
    const gateway = await hub.create(device);
    const { reason, tls_verified } = await hub.reaches(gateway, failed);
    expect(reason?.message).toContain(words);
    expect(tls_verified).toBeNull();
    expect(device.logins).toHaveLength(0); // The password was never sent.

    device.setCertificate(certificates.valid);
    await hub.reaches(gateway, { state: 'connected', reason: null, tls_verified: true });
    expect(device.maxOpenConnections).toBe(1);
  });

  it('fails with a certificate from an unknown authority, until the gateway is given that authority', async () => {
    const device = await listening(certificates.valid);
    const gateway = await hub.create(device, { tls: { ca: certificates.otherAuthority.cert } });
    const { reason } = await hub.reaches(gateway, failed);
    expect(reason?.message).toContain('unknown authority');

    await hub.put(gateway, { tls: { ca: certificates.authority.cert } });
    await hub.reaches(gateway, { state: 'connected', tls_verified: true });
  });

  it('may be pinned to one certificate, which then needs no authority, and fails with any other', async () => {
    const device = await listening(certificates.selfSigned);
    const tls = { fingerprint256: certificates.selfSigned.fingerprint256.replaceAll(':', '').toLowerCase() };
    const gateway = await hub.connected(device, { tls });
    expect(await hub.statusOf(gateway)).toMatchObject({ tls_verified: true });
    const stored = await hub.http.get(`/api/gateways/${gateway.id}`).expect(200);
    expect(stored.body).toMatchObject({ tls: { fingerprint256: certificates.selfSigned.fingerprint256 } });

    device.setCertificate(certificates.valid);
    device.drop();
    const { reason } = await hub.reaches(gateway, failed);
    expect(reason?.message).toContain('not the pinned one');
    await hub.put(gateway, { tls: { fingerprint256: certificates.valid.fingerprint256 } });
    await hub.reaches(gateway, { state: 'connected', tls_verified: true });
    expect(device.logins).toHaveLength(2);
  });

  it('must match both if it has an authority and a pin', async () => {
    const device = await listening(certificates.renewed);
    const ca = certificates.authority.cert;
    const { fingerprint256 } = certificates.valid;
    const gateway = await hub.create(device, { tls: { ca, fingerprint256 } });
    await hub.reaches(gateway, failed);
    device.setCertificate(certificates.valid);
    await hub.reaches(gateway, { state: 'connected', tls_verified: true });
  });

  it('is accepted with any certificate if it is insecure, and its status shows that, even while it is down', async () => {
    const device = await listening(certificates.expired);
    const gateway = await hub.connected(device, { tls: { insecure: true } });
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', tls_verified: false });
    await device.stopListening();
    await hub.reaches(gateway, { state: 'reconnecting', tls_verified: false });

    await hub.put(gateway, { tls: null }); // From now on the certificate must be valid.
    await device.startListening();
    await hub.reaches(gateway, { ...failed, tls_verified: null });
  });

  it('reconnects when its TLS settings change, and not when the same settings are sent', async () => {
    const device = await listening(certificates.valid);
    const tls = { ca: certificates.authority.cert };
    const gateway = await hub.connected(device, { tls });
    const { since } = await hub.statusOf(gateway);
    await hub.put(gateway, { tls });
    await hub.put(gateway, { tls: { ...tls, insecure: false } });
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', since });
    await hub.put(gateway, { tls: null });
    await hub.reaches(gateway, { state: 'connected' });
    await eventually(() => expect(device.connectionsAccepted).toBe(2));
    expect(device.maxOpenConnections).toBe(1);
  });
});

describe('a gateway that accepts no session', () => {
  const hub = aHub(SETTINGS);

  it('login: login_timeout, when the login is not answered', async () => {
    const device = await aDevice();
    device.muteLogins(true);
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { reason: { code: 'login_timeout', step: 'login' } });
    device.muteLogins(false);
    await hub.reaches(gateway, { state: 'connected', reason: null });
    expect(device.maxOpenConnections).toBe(1);
  });

  it.each(['a', 'b'] as const)('login: login_refused in shape %s, and a connect order retries it', async (shape) => {
    const device = await aDevice();
    device.refuseLogins(shape);
    const gateway = await hub.create(device);
    const refused = { state: 'auth_failed', reason: { code: 'login_refused', step: 'login' } };
    const status = await hub.reaches(gateway, refused);
    expect(waitOf(status)).toBeGreaterThan(AUTH_RETRY_MS / 2);
    device.refuseLogins(null);
    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { state: 'connected', reason: null });
  });

  it.each([
    ['no attempt', null],
    ['another attempt', 'GET_DYN'],
  ])('login: login_refused as a network failure, for an error that names %s', async (_, attempt) => {
    const device = await aDevice();
    device.muteLogins(true);
    const gateway = await hub.create(device);
    const refuse = JSON.stringify({ Type: 'RTN_ERR', Data: { Attempt: attempt, Error: 'not now' } });
    await eventually(async () => {
      device.send(refuse); // Reaches whichever login is pending now.
      expect(await hub.statusOf(gateway)).toMatchObject({
        state: 'reconnecting',
        reason: { code: 'login_refused', step: 'login' },
      });
    });
    device.muteLogins(false);
    await hub.reaches(gateway, { state: 'connected', reason: null });
  });

  it('login: closed_by_gateway in shape c, and it connects by itself later', async () => {
    const device = await aDevice();
    device.refuseLogins('c');
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { reason: { code: 'closed_by_gateway', step: 'login' } });
    device.refuseLogins(null);
    await hub.reaches(gateway, { state: 'connected', reason: null });
  });

  it('subscribe: subscribe_refused', async () => {
    const device = await aDevice();
    device.refuseSubscribe(true);
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { reason: { code: 'subscribe_refused', step: 'subscribe' } });
    device.refuseSubscribe(false);
    await hub.reaches(gateway, { state: 'connected', reason: null });
    expect(device.maxOpenConnections).toBe(1);
  });

  const steps = [
    ['upgrade', 'login'],
    ['login', 'login'],
    ['loggedIn', 'live'],
    ['subscribe', 'live'],
    ['subscribed', 'live'],
  ] as const;
  const closes = steps.flatMap(([at, step]) => [1000, 1001, 1006, 1008, 1011].map((code) => [at, code, step] as const));

  it.each(closes)('a close at %s with %d is reported with its reason, and it reconnects', async (at, code, step) => {
    const device = await aDevice();
    device.closeAt(at, code);
    const gateway = await hub.create(device);
    // A connection that ends without a close frame is lost, unless it ends before the login is answered.
    const reason = { step, code: code === 1006 && step === 'live' ? 'connection_lost' : 'closed_by_gateway' };
    const status = await hub.reaches(gateway, { state: 'reconnecting', reason });
    if (code !== 1006) expect(status.reason?.message).toContain(`${code}`);
    const waitMs = waitOf(status);
    if (code === 1008)
      expect(waitMs).toBeGreaterThan(RECONNECT_MAX_MS * 2); // A policy violation: the retry is slow.
    else expect(waitMs).toBeLessThanOrEqual(RECONNECT_MAX_MS);

    device.closeAt(null);
    if (code === 1008) await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { state: 'connected', reason: null });
    expect(device.maxOpenConnections).toBe(1);
  });
});

describe('a gateway that is lost', () => {
  const hub = aHub(SETTINGS);
  afterEach(closePeers);

  /** Waits for the fault, lets the gateway accept upgrades again, and expects one reconnect. */
  async function afterwards(device: SimulatedGateway, gateway: CreatedGateway, fault: object = {}): Promise<void> {
    await hub.reaches(gateway, fault);
    device.rejectUpgrade(null);
    await hub.reaches(gateway, { state: 'connected', reason: null, reconnects: 1 });
    expect(device.maxOpenConnections).toBe(1);
  }

  it.each<[string, string, (device: SimulatedGateway) => void]>([
    ['is half open', 'heartbeat_timeout', (device) => device.freeze()],
    ['breaks', 'connection_lost', (device) => device.drop()],
    ['is closed with 1000', 'closed_by_gateway', (device) => device.drop(1000)],
    ['is closed with 1001', 'closed_by_gateway', (device) => device.drop(1001)],
    ['is closed with 1011', 'closed_by_gateway', (device) => device.drop(1011)],
    ['has a message over the limit', 'message_too_big', (device) => device.send(' '.repeat(10_001))],
  ])('live: a connection that %s is %s, and reconnects by itself', async (_, code, provoke) => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    const seen = eventually(async () => {
      const { data } = await hub.list();
      expect(data).toMatchObject([{ reason: { code, step: 'live' } }]);
    });
    provoke(device);
    await seen;
    device.thaw();
    await afterwards(device, gateway);
  });

  it('live: a message of exactly the limit is accepted', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    device.send(' '.repeat(10_000));
    await hub.counts(gateway, device, 2, { state: 'connected', reconnects: 0 });
  });

  it('live: protocol_error, when the gateway sends invalid WebSocket frames', async () => {
    const peer = await aPeer(breaksProtocol());
    const gateway = await hub.create(peer);
    await hub.reaches(gateway, { reason: { code: 'protocol_error', step: 'live' } });
    const device = await aDevice();
    await hub.put(gateway, { url: device.url });
    await hub.reaches(gateway, { state: 'connected', reason: null });
  });

  it('live: a gateway that sends a close frame is not connected, although it keeps its TCP connection open', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    device.lingerOnClose(true);
    device.drop(1001);
    await hub.reaches(gateway, { connected_at: null, reason: { code: 'closed_by_gateway', step: 'live' } });
    device.lingerOnClose(false);
    await hub.reaches(gateway, { state: 'connected', reconnects: 1 });
    expect(device.maxOpenConnections).toBe(1);
  });

  it('live: heartbeat_timeout, when a gateway sends nothing after the login', async () => {
    const device = await aDevice({ profile: 'mute' });
    const gateway = await hub.create(device);
    const silent = { reason: { code: 'heartbeat_timeout', step: 'live' } };
    await hub.reaches(gateway, silent);
    expect(device.maxOpenConnections).toBe(1);
  });

  it('credentials: credentials_unreadable with another key, until it gets a new password', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    await hub.restart({ ENCRYPTION_KEY: randomBytes(32).toString('base64') });
    const reason = { code: 'credentials_unreadable', step: 'credentials' };
    const status = await hub.reaches(gateway, { state: 'auth_failed', reason });
    expect(status.next_retry_at).toBeNull();
    expect(device.connectionsAccepted).toBe(1);
    await hub.put(gateway, { password: LOGIN.password });
    await hub.reaches(gateway, { state: 'connected', reason: null, attempt: 0 });
  });
});

describe('a gateway that answers no pings', () => {
  const hub = aHub(SETTINGS);

  it('stays connected while it sends messages', async () => {
    const device = await aDevice({ notifyEveryMs: 50, notifyKinds: ['temp'] });
    device.ignorePings(true);
    const gateway = await hub.connected(device);
    await eventually(() => expect(device.notificationsSent).toBeGreaterThan(40)); // Two seconds: two time-outs.
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', reconnects: 0, latency_ms: null });
  });

  it('stays connected while it sends pings itself', async () => {
    const device = await aDevice();
    device.ignorePings(true);
    device.pingEvery(250);
    const gateway = await hub.connected(device);
    await eventually(async () => {
      const { last_seen_at, connected_at } = await hub.statusOf(gateway);
      const livedMs = Date.parse(last_seen_at ?? '') - Date.parse(connected_at ?? '');
      expect(livedMs).toBeGreaterThan(HEARTBEAT_INTERVAL_MS + HEARTBEAT_TIMEOUT_MS);
    });
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', reconnects: 0 });
  });

  it('is probed if it answers commands; its status shows that, and a lost connection is noticed', async () => {
    const device = await aDevice();
    device.ignorePings(true);
    const gateway = await hub.connected(device);
    expect(await hub.statusOf(gateway)).toMatchObject({ liveness: 'ping' });
    await hub.reaches(gateway, { state: 'connected', liveness: 'probe', latency_ms: null });
    const { length } = device.received;
    await eventually(() => expect(device.received.slice(length)).toContain('GET_DYN_CONNECTED'));
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', reconnects: 0 });

    device.freeze();
    const silent = { reason: { code: 'heartbeat_timeout', step: 'live' } };
    await hub.reaches(gateway, silent);
    device.thaw();
    await hub.reaches(gateway, { state: 'connected', liveness: 'probe', reconnects: 1 });
    expect(device.maxOpenConnections).toBe(1);
  });
});
