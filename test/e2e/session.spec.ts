import { Agent } from 'node:http';
import { LateRecords } from '../../src/audit/late-records';
import { SessionTokens } from '../../src/sign-in/session-tokens';
import { generateKey } from '../../src/common/api-key-format';
import { queryOnce } from '../integration/support/catalog';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';
import { KeyedService } from '../support/keyed-service';

const TWELVE_HOURS_S = 43_200;
/** What a browser adds to the requests of our own pages. */
const OWN_PAGE = { 'sec-fetch-site': 'same-origin' };

/** Trusted: see the start of the service. */
const PROXY = '127.0.0.2';

let service: KeyedService;

beforeAll(async () => {
  service = await KeyedService.start({ TRUSTED_PROXIES: `${PROXY}/32` });
});
afterAll(() => service.close());

/** Sends from another address of this machine. */
const from = (localAddress: string) => new Agent({ localAddress });

/** Signs in, and returns the header that the service sets. */
async function setCookieOf(apiKey: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await service.send('post', '/api/session', null).set(headers).send({ api_key: apiKey }).expect(204);
  const [header = ''] = answer.headers['set-cookie'] as unknown as string[];
  return header;
}

/** The cookie as a browser sends it back. */
const signIn = async (apiKey: string): Promise<string> => (await setCookieOf(apiKey)).split(';')[0] ?? '';

const send = (method: 'get' | 'post' | 'put' | 'delete', path: string, cookie: string, headers = OWN_PAGE as object) =>
  service.send(method, path, null).set({ cookie, ...headers });

describe('POST /api/session', () => {
  it('SEC-31: gives the browser a cookie without the key, which scripts cannot read, for the API only', async () => {
    const { secret } = await service.make({ role: 'viewer' });
    const header = await setCookieOf(secret);
    expect(header).toMatch(/^hub_session=[\w.-]+; Max-Age=43200; Path=\/api; HttpOnly; SameSite=Strict$/);
    expect(header).not.toContain(secret.slice(13));
    await service.get('/api/gateways', null).expect(401);
    await send('get', '/api/gateways', header.split(';')[0] ?? '').expect(200);
  });

  it('SEC-02: has one answer for keys that are malformed, unknown, expired or revoked, and counts them as attempts', async () => {
    const [expired, revoked] = [await service.make({ role: 'viewer' }), await service.make({ role: 'viewer' })];
    await queryOnce(service.database, `UPDATE api_keys SET expires_at = '2020-01-01' WHERE id = '${expired.id}'`);
    await service.send('delete', `/api/keys/${revoked.id}`).expect(204);
    await eventually(() => service.get('/api/me', expired.secret).expect(401));
    const post = (apiKey: string) =>
      service.send('post', '/api/session', null).agent(from('127.0.0.3')).send({ api_key: apiKey });

    const bodies = new Set<string>();
    for (const key of ['x', generateKey(), expired.secret, revoked.secret]) {
      const { text, headers } = await post(key).expect(401);
      expect(headers).toMatchObject({ 'www-authenticate': 'Bearer realm="gateway-hub"' });
      expect(headers).not.toHaveProperty('set-cookie');
      bodies.add(text);
    }
    expect([...bodies]).toEqual([expect.stringContaining('UNAUTHENTICATED')]);
    for (let n = 4; n < 20; n += 1) await post(generateKey()).expect(401);
    await post(service.admin).expect(429, /TOO_MANY_REQUESTS/);
  });

  it('SEC-31: has the cookie sent over HTTPS only if the request came by it', async () => {
    const { secret } = await service.make({ role: 'viewer' });
    const overHttps = { 'x-forwarded-proto': 'https' };
    expect(await setCookieOf(secret, overHttps)).not.toContain('Secure'); // Anybody can send this header.
    const answer = await service
      .send('post', '/api/session', null)
      .agent(from(PROXY))
      .set(overHttps)
      .send({ api_key: secret })
      .expect(204);
    expect(answer.headers['set-cookie']).toEqual([expect.stringMatching(/; Secure$/)]);
  });

  it('SEC-07: is refused from an address outside of the networks of the key', async () => {
    const { secret } = await service.make({ role: 'viewer', allowed_networks: ['10.0.0.0/8'] });
    await service
      .send('post', '/api/session', null)
      .send({ api_key: secret })
      .expect(403, /ADDRESS_NOT_ALLOWED/);
  });
});

describe('GET /api/session', () => {
  it('SEC-31: says who is signed in, what they may do, and until when', async () => {
    const organization = await service.organization();
    const { id, secret } = await service.make({ name: 'Hall 3', role: 'operator', organization_id: organization });
    const cookie = await signIn(secret);
    const { body } = (await send('get', '/api/session', cookie).expect(200)) as { body: { expires_at: string } };
    const key = { kind: 'key', id, name: 'Hall 3', role: 'operator', organization_id: organization };
    expect(body).toMatchObject({
      auth: 'keys',
      ...key,
      scopes: expect.arrayContaining(['connections:order']) as string[],
    });
    const leftS = (Date.parse(body.expires_at) - Date.now()) / 1000;
    expect(leftS).toBeLessThanOrEqual(TWELVE_HOURS_S);
    expect(leftS).toBeGreaterThan(TWELVE_HOURS_S - 600);
    expect((await service.get('/api/session', secret).expect(200)).body).toMatchObject({ ...key, expires_at: null });
  });

  it('SEC-31: is a 401 without a session, and with one that is over, altered, or of another service', async () => {
    const { id, secret } = await service.make({ role: 'viewer' });
    const cookie = await signIn(secret);
    const [keyId = '', endsAt = '', signature = ''] = cookie.slice('hub_session='.length).split('.');
    const tokens = service.app.get(SessionTokens);
    const other = await service.make({ role: 'viewer' });
    const wrong = [
      '',
      'x',
      tokens.issue({ keyId: id, endsAt: Date.now() - 1 }),
      `${keyId}.${Number(endsAt) + 1}.${signature}`,
      `${other.id}.${endsAt}.${signature}`,
      `${keyId}.${endsAt}.${'A'.repeat(43)}`,
      secret,
    ];
    await service.get('/api/session', null).expect(401);
    for (const token of wrong) await send('get', '/api/session', `hub_session=${token}`).expect(401);
    await send('get', '/api/session', `theme=dark; ${cookie}; a=b`).expect(200);
  });
});

describe('a session', () => {
  it('SEC-32: changes something only for our own pages', async () => {
    const cookie = await signIn((await service.make({ role: 'admin' })).secret);
    const create = (headers: object) => send('post', '/api/organizations', cookie, headers).send({ name: 'Acme' });
    const host = new URL(service.url).host;
    for (const headers of [
      {},
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'none' },
      { origin: 'http://localhost:5173' }, // May call with a key: CORS allows it in development.
      { origin: 'null' },
      { 'sec-fetch-site': 'none', origin: `http://${host}` },
    ]) {
      expect([headers, (await create(headers).expect(403, /CROSS_SITE_REQUEST/)).status]).toEqual([headers, 403]);
    }
    await send('delete', '/api/session', cookie, {}).expect(403);
    await create(OWN_PAGE).expect(201);
    await create({ origin: `http://${host}` }).expect(201);
    await create({}).set('authorization', `Bearer ${service.admin}`).expect(201); // With a key, the cookie does not count.
  });

  it('SEC-07: has the present rights of its key, and ends with it', async () => {
    const made = await service.make({ role: 'operator' });
    const cookie = await signIn(made.secret);
    await send('get', '/api/factories', cookie).expect(200);
    await send('post', '/api/factories', cookie)
      .send({})
      .expect(403, /needs factories:write/);
    await service
      .send('put', `/api/keys/${made.id}`)
      .send({ scopes: ['connections:read'] })
      .expect(200);
    await send('get', '/api/factories', cookie).expect(403);
    const stream = await EventStream.open(service, '', undefined, undefined, '/api/events', { cookie });
    await service.send('delete', `/api/keys/${made.id}`).expect(204);
    await send('get', '/api/connections', cookie).expect(401);
    await eventually(() => expect(stream.ending).toBe('complete'));
    expect(stream.events.at(-1)).toEqual({ event: 'end', data: '{"code":"UNAUTHENTICATED"}' });
  });

  it('SEC-31: ends its streams when its time is over', async () => {
    const { id } = await service.make({ role: 'viewer' });
    const token = service.app.get(SessionTokens).issue({ keyId: id, endsAt: Date.now() + 1500 });
    const cookie = `hub_session=${token}`;
    const stream = await EventStream.open(service, '', undefined, undefined, '/api/events', { cookie });
    await eventually(() => expect(stream.ending).toBe('complete'));
    expect(stream.events.at(-1)).toMatchObject({ event: 'end' });
    await send('get', '/api/session', cookie).expect(401);
  });

  it('SEC-31: lasts no longer than its key', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const { secret } = await service.make({ role: 'viewer', expires_at: inAnHour });
    const header = await setCookieOf(secret);
    expect(Number(/Max-Age=(\d+)/.exec(header)?.[1])).toBeLessThanOrEqual(3600);
    const { body } = (await send('get', '/api/session', header.split(';')[0] ?? '').expect(200)) as { body: unknown };
    expect(body).toMatchObject({ expires_at: inAnHour });
  });

  it('SEC-21: has its start and its end in the audit log, and the browser forgets it', async () => {
    const made = await service.make({ role: 'viewer' });
    const cookie = await signIn(made.secret);
    const { headers } = await send('delete', '/api/session', cookie).expect(204);
    expect(headers['set-cookie']).toEqual(['hub_session=; Max-Age=0; Path=/api; HttpOnly; SameSite=Strict']);
    await service.send('delete', '/api/session', null).expect(204); // Nobody is signed in.
    await service.app.get(LateRecords).flush();
    const { body } = (await service.get(`/api/audit?actor_id=${made.id}`).expect(200)) as { body: { data: object[] } };
    const about = { actor: { kind: 'key', id: made.id }, object_type: 'key', object_id: made.id, address: '127.0.0.1' };
    expect(body.data).toMatchObject([
      { action: 'session.end', ...about },
      { action: 'session.start', ...about },
    ]);
  });
});
