import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { SimulatedFleet } from '../../simulator/simulated-fleet';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { SimulatedGatewayOptions } from '../../simulator/simulated-gateway';
import { testCertificates } from '../support/certificates';
import type { TestCertificates } from '../support/certificates';
import { Client, eventually, followHandles } from './support/simulator-client';

let certificates: TestCertificates;
let trusting: { ca: string };
const gateways: SimulatedGateway[] = [];

beforeAll(async () => {
  certificates = await testCertificates();
  trusting = { ca: certificates.authority.cert };
});

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
});

async function listen(options: SimulatedGatewayOptions = {}): Promise<SimulatedGateway> {
  const gateway = await SimulatedGateway.listen({ samples: 16, tls: certificates.valid, ...options });
  gateways.push(gateway);
  return gateway;
}

function portOf({ url }: SimulatedGateway): number {
  return Number(new URL(url).port);
}

/** The code with which a verifying client refuses the handshake; null when it does not. */
async function refusal(gateway: SimulatedGateway, options: ConnectionOptions = trusting): Promise<string | null> {
  const socket = connectTls({ host: '127.0.0.1', port: portOf(gateway), ...options });
  try {
    await once(socket, 'secureConnect');
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    socket.destroy();
  }
}

async function shownFingerprint(gateway: SimulatedGateway): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port: portOf(gateway), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

describe('the test certificates', () => {
  it.each<[keyof TestCertificates, string | null]>([
    ['valid', null],
    ['renewed', null],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['notYetValid', 'CERT_NOT_YET_VALID'],
    ['wrongName', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['selfSigned', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('%s is answered with %s', async (name, code) => {
    const gateway = await listen({ tls: certificates[name] });

    await expect(refusal(gateway)).resolves.toBe(code);
    await expect(shownFingerprint(gateway)).resolves.toBe(certificates[name].fingerprint256);
  });

  it('are trusted through their own authority only', async () => {
    await expect(refusal(await listen(), { ca: certificates.otherAuthority.cert })).resolves.toMatch(/VERIFY/);
  });

  it('serve localhost as well', async () => {
    await expect(refusal(await listen(), { ...trusting, servername: 'localhost' })).resolves.toBeNull();
  });
});

describe('a gateway with TLS', () => {
  it('speaks the protocol over wss, and counts logins and connections', async () => {
    const gateway = await listen();
    const client = await Client.subscribed(gateway, trusting);
    client.ask('GET_DYN');
    gateway.notify('temp');
    await client.heard('NOT_DYN_TEMP');
    await client.heard('RTN_DYN');

    expect(gateway.url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/);
    client.close(1000);
    await eventually(() => client.closed === 1000 && gateway.openConnections === 0);
    expect(gateway.loginCounts).toEqual({ accepted: 1, refused: 0 });
    expect(gateway.closes).toEqual([{ code: 1000, reason: 'bye' }]);
    expect([gateway.upgradesAsked, gateway.connectionsAccepted, gateway.maxOpenConnections]).toEqual([1, 1, 1]);
  });

  it('survives failed handshakes, and keeps no socket of them', async () => {
    const gateway = await listen();
    const port = portOf(gateway);
    const handles = followHandles();
    const open = async (text: string): Promise<Socket> => {
      const socket = connectTcp(port, '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      socket.resume().write(text);
      return socket;
    };

    await refusal(gateway, {});
    await refusal(gateway, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' });
    const plain = await open('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(() => plain.destroyed);
    const leaver = await open('\x16\x03\x01');
    leaver.end();
    await eventually(() => leaver.destroyed);
    const vanished = await open('\x16\x03\x01');
    vanished.resetAndDestroy();

    await eventually(() => !handles.open().some((type) => type.startsWith('T') && type !== 'Timeout'));
    handles.stop();
    expect(gateway.upgradesAsked).toBe(0);
    await Client.loggedIn(gateway, trusting);
  });

  it('shows another certificate from the next handshake on, and keeps the sessions it has', async () => {
    const gateway = await listen();
    const client = await Client.loggedIn(gateway, trusting);

    gateway.setCertificate(certificates.expired);
    await expect(refusal(gateway)).resolves.toBe('CERT_HAS_EXPIRED');
    gateway.setCertificate(certificates.renewed);

    await expect(refusal(gateway)).resolves.toBeNull();
    await expect(shownFingerprint(gateway)).resolves.toBe(certificates.renewed.fingerprint256);
    await client.settled();
  });

  it('drops connections by a TCP reset, even during an orderly close', async () => {
    const gateway = await listen();
    const socket = connectTls({ host: '127.0.0.1', port: portOf(gateway), ...trusting });
    const client = await Client.loggedIn(gateway, { createConnection: () => socket });
    const reset = new Promise((resolve) => socket.once('error', resolve));
    gateway.drop();
    await expect(reset).resolves.toMatchObject({ code: 'ECONNRESET' });
    await eventually(() => client.closed === 1006 && gateway.openConnections === 0);

    const other = await Client.loggedIn(gateway, trusting);
    gateway.drop(1001);
    await gateway.stopListening();
    await eventually(() => other.closed !== null);
    expect(gateway.openConnections).toBe(0);
  });

  it('sends nothing while frozen, and answers when thawed, even clients that connected meanwhile', async () => {
    const gateway = await listen();
    const client = await Client.loggedIn(gateway, trusting);
    const clock = await Client.loggedIn(await listen(), trusting);

    gateway.freeze();
    client.ping();
    client.ask('GET_DYN');
    const newcomer = new Client(gateway.url, trusting);
    await eventually(() => gateway.upgradesAsked === 2);
    await clock.settled();
    expect([client.pongs, client.types, newcomer.isOpen]).toEqual([0, ['RTN_LOGIN'], false]);

    gateway.thaw();
    await client.heard('RTN_DYN');
    await eventually(() => client.pongs === 1 && newcomer.isOpen);
  });

  it('rejects upgrades, hangs up at a step and refuses logins', async () => {
    const gateway = await listen();
    gateway.rejectUpgrade(503);
    const rejected = new Client(gateway.url, trusting);
    await eventually(() => rejected.status === 503);
    gateway.rejectUpgrade(null);

    gateway.closeAt('login', 1011);
    const hungUp = await Client.open(gateway.url, trusting);
    hungUp.login();
    await eventually(() => hungUp.closed === 1011);
    gateway.closeAt(null);

    gateway.refuseLogins('a');
    const refused = await Client.loggedIn(gateway, trusting);
    expect((await refused.heard('RTN_LOGIN')).Data).toMatchObject({ Success: false });
  });

  it('stops listening and starts again on the same port, with a certificate set meanwhile', async () => {
    const gateway = await listen();
    const before = await Client.loggedIn(gateway, trusting);
    const shaking = connectTcp(portOf(gateway), '127.0.0.1').on('error', () => undefined);
    await once(shaking, 'connect');

    await gateway.stopListening();
    await eventually(() => before.closed === 1006 && shaking.destroyed);
    await expect(refusal(gateway)).resolves.toBe('ECONNREFUSED');
    gateway.setCertificate(certificates.renewed);
    await gateway.startListening();

    await Client.loggedIn(gateway, trusting);
    await expect(shownFingerprint(gateway)).resolves.toBe(certificates.renewed.fingerprint256);
  });

  it('leaves no socket, no timer and no port', async () => {
    const handles = followHandles();
    const gateway = await SimulatedGateway.listen({ tls: certificates.valid, samples: 16 });
    const client = await Client.subscribed(gateway, trusting);
    gateway.freeze();
    const waiting = new Client(gateway.url, trusting);
    await eventually(() => gateway.upgradesAsked === 2);

    await gateway.close();

    await eventually(() => client.closed === 1006 && waiting.closed === 1006);
    await eventually(() => handles.open().every((type) => type === 'Timeout') && handles.open().length <= 1);
    handles.stop();
  });
});

describe('TLS', () => {
  it('is rejected for a plain gateway, and for a fleet on one port', async () => {
    const plain = await SimulatedGateway.listen();
    gateways.push(plain);

    expect(() => plain.setCertificate(certificates.valid)).toThrow(/no TLS/);
    await expect(SimulatedFleet.listen({ count: 1, mode: 'paths', tls: certificates.valid })).rejects.toThrow(
      /TLS is not available/,
    );
  });

  it('is available for each gateway of a fleet with separate ports', async () => {
    const fleet = await SimulatedFleet.listen({ count: 2, samples: 16, tls: certificates.valid });
    const clients = await Promise.all(fleet.gateways.map((gateway) => Client.loggedIn(gateway, trusting)));

    expect(clients.map(({ isOpen }) => isOpen)).toEqual([true, true]);
    await fleet.close();
  });
});
