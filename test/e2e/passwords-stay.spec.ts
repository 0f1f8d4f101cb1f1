import { Client } from 'pg';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { ANONYMOUS } from '../../src/common/actor';
import { aGateway, LOGIN } from '../support/builders';
import { captureLog } from '../support/captured-log';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';

const written: string[] = [];
beforeAll(() => captureLog((text) => written.push(text)));
afterAll(() => jest.restoreAllMocks());
beforeEach(() => (written.length = 0));

const hub = aHub({ LOG_LEVEL: 'info', NODE_ENV: 'production', AUTH: 'off', GATEWAY_NETWORKS: '127.0.0.0/8' });

const test = ({ id }: { id: string }, query: string, body: object) =>
  hub.http.post(`/api/gateways/${id}/test${query}`).send(body);

function linesOf(message: string): Record<string, unknown>[] {
  const lines = written.join('').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === message);
}

/** A gateway at home, and a stranger's socket that records what it receives. */
async function aScene(): Promise<{ gateway: { id: string }; home: SimulatedGateway; stranger: SimulatedGateway }> {
  const [home, stranger] = [await aDevice(), await aDevice()];
  return { gateway: await hub.connected(home), home, stranger };
}

describe('SEC-14: a test with the stored password', () => {
  it.each(['', '?force'])('sends nothing if the origin, e-mail or TLS settings differ: test%s', async (query) => {
    const { gateway, home, stranger } = await aScene();
    const changes: object[] = [
      { url: `${stranger.url}/steal` },
      { url: home.url.replace('ws:', 'wss:') },
      { url: home.url.replace('127.0.0.1', '127.0.0.2') },
      { email: 'other@example.org' },
      { tls: { insecure: true } },
    ];
    for (const body of changes) {
      const { error } = (await test(gateway, query, body).expect(422)).body as { error: object };
      expect(error).toMatchObject({ code: 'PASSWORD_REQUIRED', details: [{ path: 'password' }] });
    }
    expect([stranger.connectionsAccepted, stranger.upgradesAsked, home.connectionsAccepted]).toEqual([0, 0, 1]);
  });

  it('may use another path, query or spelling, and another address only with a password in the request', async () => {
    const { gateway, home, stranger } = await aScene();
    for (const url of [`${home.url}/path?query`, home.url.replace('ws:', 'WS:')]) {
      expect((await test(gateway, '?force', { url }).expect(200)).body).toMatchObject({ ok: true });
    }
    const { password } = LOGIN;
    expect((await test(gateway, '?force', { url: stranger.url, password }).expect(200)).body).toMatchObject({
      ok: true,
    });
    expect(stranger.loginCounts.accepted).toBe(1);
  });

  it('is logged with its origin, and with no other part of the address', async () => {
    const { gateway, home } = await aScene();
    await test(gateway, '?force', { url: `${home.url}/a-path?a-query` }).expect(200);
    home.refuseLogins('a');
    await hub.http
      .post('/api/gateways/test')
      .send(aGateway({ factory_id: hub.factory().id, url: `${home.url}/a-path` }));
    const origin = { scheme: 'ws', host: '127.0.0.1', port: Number(new URL(home.url).port) };
    const level = 30;
    await eventually(() =>
      expect(linesOf('connection tested')).toMatchObject([
        { level, ...origin, gatewayId: gateway.id, isForced: true, ok: true },
        { level, ...origin, ok: false, failedStep: 'login' },
      ]),
    );
    const text = JSON.stringify(linesOf('connection tested'));
    for (const hidden of ['a-path', 'a-query', LOGIN.email, LOGIN.password]) expect(text).not.toContain(hidden);
  });
});

describe('SEC-14: a change that moves a gateway to another origin', () => {
  it('is carried out without the password, and logged as a warning with both origins', async () => {
    const { gateway, home, stranger } = await aScene();
    await hub.put(gateway, { url: `${home.url}/elsewhere` });
    await hub.put(gateway, { url: `${stranger.url}/a-path` });
    await eventually(() => expect(stranger.loginCounts.accepted).toBe(1));
    const [from, to] = [home.url, stranger.url];
    await eventually(() =>
      expect(linesOf('a stored password is now used with another origin or e-mail, or weaker TLS')).toMatchObject([
        { level: 40, gatewayId: gateway.id, changed: ['origin'], from, to, actor: 'anonymous' },
      ]),
    );
    expect(written.join('')).not.toContain(LOGIN.password);
  });

  it('is rejected without the password if the caller may not redirect it, and nothing is sent', async () => {
    const { gateway, home, stranger } = await aScene();
    const scopes = new Set([...ANONYMOUS.scopes].filter((scope) => scope !== 'gateways:redirect'));
    const limited = jest.replaceProperty(ANONYMOUS, 'scopes', scopes);
    try {
      const put = (changes: object) => hub.http.put(`/api/gateways/${gateway.id}`).send(changes);
      const refused = { error: { code: 'PASSWORD_REQUIRED', details: [{ path: 'password' }] } };
      for (const changes of [{ url: stranger.url }, { email: 'other@example.org' }, { tls: { insecure: true } }])
        expect((await put(changes).expect(422)).body).toMatchObject(refused);
      await put({ url: `${home.url}/path` }).expect(200);
      await eventually(() => expect(home.loginCounts.accepted).toBe(2));
      expect(stranger.upgradesAsked).toBe(0);
      await put({ url: stranger.url, password: LOGIN.password }).expect(200);
      await eventually(() => expect(stranger.loginCounts.accepted).toBe(1));
    } finally {
      limited.restore();
    }
  });

  it('is not logged as a warning when the password is sent with it', async () => {
    const { gateway, stranger } = await aScene();
    await hub.put(gateway, { url: stranger.url, password: LOGIN.password });
    await eventually(() => expect(linesOf('gateway updated')).toHaveLength(1));
    expect(linesOf('a stored password is now used with another origin or e-mail, or weaker TLS')).toEqual([]);
  });
});

describe('SEC-25: a writer of the database', () => {
  async function sql(text: string, values: readonly string[]): Promise<void> {
    const client = new Client({ connectionString: hub.database.url });
    await client.connect();
    try {
      await client.query(text, [...values]);
    } finally {
      await client.end();
    }
  }

  const isUnreadable = { state: 'auth_failed', reason: { code: 'credentials_unreadable', step: 'credentials' } };

  it('does not receive a password by an edited url', async () => {
    const { gateway, stranger } = await aScene();
    await sql('UPDATE gateways SET url = $2 WHERE id = $1', [gateway.id, stranger.url]);
    await hub.restart();

    await hub.reaches(gateway, isUnreadable);
    expect(stranger.upgradesAsked).toBe(0);
  });

  it('does not receive a password by a text copied to a gateway of their own', async () => {
    const { gateway, stranger } = await aScene();
    const own = await hub.create(stranger, { desired_state: 'disconnected' });
    await sql(
      `UPDATE gateways SET password_encrypted = (SELECT password_encrypted FROM gateways WHERE id = $2) WHERE id = $1`,
      [own.id, gateway.id],
    );
    await hub.order(own, 'connect');

    await hub.reaches(own, isUnreadable);
    expect(stranger.upgradesAsked).toBe(0);
  });
});

describe('certificate settings with a ws:// URL', () => {
  const fingerprint256 = 'ab'.repeat(32);
  const refused = { error: { code: 'TLS_NEEDS_WSS', details: [{ path: 'tls' }] } };

  it('are rejected by every route, even when they are sent in two requests', async () => {
    const { gateway, home } = await aScene();
    const body = aGateway({ factory_id: hub.factory().id, url: `${home.url}/1`, tls: { fingerprint256 } });
    const put = (changes: object) => hub.http.put(`/api/gateways/${gateway.id}`).send(changes);
    for (const request of [
      hub.http.post('/api/gateways').send(body),
      hub.http.post('/api/gateways/test').send(body),
      put({ tls: { fingerprint256 } }),
      put({ tls: { fingerprint256 }, password: 'another' }),
      test(gateway, '?force', { tls: { fingerprint256 }, password: LOGIN.password }),
    ]) {
      expect((await request.expect(422)).body).toMatchObject(refused);
    }
    await put({ tls: { fingerprint256 }, url: 'wss://127.0.0.1:9' }).expect(200);
    expect((await put({ url: home.url }).expect(422)).body).toMatchObject(refused);
    await put({ url: home.url, tls: null }).expect(200);
  });
});

describe('two gateways of one organization with the same url and email', () => {
  const create = (body: object, query = '') => hub.http.post(`/api/gateways${query}`).send(body);
  const refused = { error: { code: 'GATEWAY_URL_TAKEN', details: [{ path: 'url' }] } };

  it('are rejected at a creation and at a change, unless allow_duplicate is set', async () => {
    const place = { factory_id: hub.factory().id, desired_state: 'disconnected', url: 'ws://127.0.0.1:9/same' };
    const first = (await create(aGateway(place)).expect(201)).body as { id: string };
    expect((await create(aGateway({ ...place, email: 'OPS@example.org' })).expect(409)).body).toMatchObject(refused);
    await create(aGateway({ ...place, email: 'other@example.org' })).expect(201);
    const other = (await create(aGateway({ ...place, url: 'ws://127.0.0.1:9/other' })).expect(201)).body as {
      id: string;
    };
    const put = (changes: object, query = '') => hub.http.put(`/api/gateways/${other.id}${query}`).send(changes);
    expect((await put({ url: place.url }).expect(409)).body).toMatchObject(refused);
    expect((await put({ url: place.url, password: 'another' }).expect(409)).body).toMatchObject(refused);
    await put({ url: place.url }, '?allow_duplicate=true').expect(200);
    await put({ url: place.url, name: 'Saved again' }).expect(200);
    await create(aGateway(place), '?allow_duplicate').expect(201);
    await hub.http.put(`/api/gateways/${first.id}`).send({ name: 'Still changeable', url: place.url }).expect(200);
  });

  it('cannot be created at once: only one of the requests succeeds', async () => {
    const place = { factory_id: hub.factory().id, desired_state: 'disconnected', url: 'ws://127.0.0.1:9/at-once' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(aGateway(place))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
  });
});
