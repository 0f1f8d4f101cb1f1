import { createFactory, createGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { rawRequest } from '../support/raw-request';
import type { RawAnswer } from '../support/raw-request';

const OWN_NAME = 'hub.example.org';
const CONSOLE = 'https://console.example.org';

let service: TestApp;
let gateway: { id: string };

beforeAll(async () => {
  service = await startTestApp({ ALLOWED_HOSTS: `${OWN_NAME}, Other.Example.org`, CORS_ORIGINS: CONSOLE });
  gateway = await createGateway(service.http, await createFactory(service.http), null, {
    desired_state: 'disconnected',
  });
});
afterAll(() => service.close());

const ask = (method: string, path: string, headers: Record<string, string>, body = ''): Promise<RawAnswer> => {
  const lines = Object.entries({ 'Content-Length': String(body.length), ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return rawRequest(service.url, `${method} ${path} HTTP/1.1\r\nConnection: close\r\n${head}\r\n${body}`);
};

const code = ({ body }: RawAnswer) => (body as { error?: { code: string } } | null)?.error?.code;
const names = async () =>
  ((await service.http.get('/api/organizations')).body as { data: { name: string }[] }).data.map(({ name }) => name);

describe('SEC-17: the host of a request', () => {
  const ours = [
    '127.0.0.1',
    '10.0.0.9:3000',
    '[::1]:3000',
    '[2001:db8::7]',
    'localhost',
    'LocalHost:3000',
    'localhost.',
    OWN_NAME,
    `${OWN_NAME.toUpperCase()}:443`,
    `${OWN_NAME}.`,
    'other.example.org',
  ];
  it.each(ours)('SEC-17: may be %s', async (host) => {
    for (const path of ['/api/health/live', '/docs']) {
      expect((await ask('GET', path, { Host: host })).status).toBe(200);
    }
  });

  const foreign = [
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    '127.1',
    'xlocalhost',
  ];
  it.each(foreign)('SEC-17: may not be %s, on any path', async (host) => {
    for (const path of ['/api/health/live', '/docs', '/docs-json', '/api/nothing', '/api/events', '/api/%zz']) {
      const answer = await ask('GET', path, { Host: host });
      expect([answer.status, code(answer)]).toEqual([421, 'MISDIRECTED_REQUEST']);
      expect(answer.text).toContain('ALLOWED_HOSTS');
      expect(answer.text).not.toContain(host);
      expect(answer.head).toMatch(/x-content-type-options: nosniff/i);
    }
  });

  it.each(['', 'a b', 'me@localhost', '[::1', '[fe80::1%25eth0]', 'localhost:x', 'localhost/..', 'a,b', 'ä'])(
    'SEC-17: is a bad request if it is invalid: %j',
    async (host) => expect((await ask('GET', '/api/health/live', { Host: host })).status).toBe(400),
  );

  it('SEC-17: is a bad request if it is given twice, even if both values are allowed', async () => {
    for (const second of ['localhost', '127.0.0.1', 'evil.example']) {
      const answer = await ask('GET', '/api/health/live', { Host: 'localhost', host: second });
      expect([answer.status, code(answer)]).toEqual([400, 'BAD_REQUEST']);
    }
  });

  it('SEC-17: is the host of the URL if the URL is absolute', async () => {
    const cases: [url: string, host: string, status: number][] = [
      ['http://127.0.0.1/api/health/live?_', 'evil.example', 200],
      [`HTTPS://${OWN_NAME}:443/api/health/live`, 'localhost', 200],
      ['http://localhost', 'localhost', 404],
      ['http://evil.example/api/health/live', 'localhost', 421],
      ['http://me@localhost/api/health/live', 'localhost', 400],
    ];
    for (const [url, host, status] of cases) {
      expect([url, (await ask('GET', url, { Host: host })).status]).toEqual([url, status]);
    }
  });

  it('SEC-17: is rejected after DNS rebinding, and the page changes nothing', async () => {
    const headers = {
      Host: 'evil.example:3900',
      Origin: 'http://evil.example:3900',
      'Sec-Fetch-Site': 'same-origin',
      'Content-Type': 'application/json',
    };
    expect((await ask('POST', '/api/organizations', headers, '{"name":"rebound"}')).status).toBe(421);
    expect(await names()).not.toContain('rebound');
  });

  it('SEC-17: is checked even after many other hosts', async () => {
    for (let last = 1; last < 255; last += 1) await ask('GET', '/api/health/live', { Host: `10.0.0.${last}` });
    expect((await ask('GET', '/api/health/live', { Host: 'evil.example' })).status).toBe(421);
    expect((await ask('GET', '/api/health/live', { Host: '127.0.0.1' })).status).toBe(200);
  });
});

describe('SEC-17: a page of another origin', () => {
  /** What Chromium sends for `fetch(…, {method: 'POST', mode: 'no-cors'})`, and for a form. */
  const forged = (site: string, origin?: string) => ({
    Host: '127.0.0.1:3000',
    ...(origin !== undefined && { Origin: origin }),
    'Sec-Fetch-Site': site,
    'Sec-Fetch-Mode': 'no-cors',
  });

  it.each([
    ['of another port', forged('same-site', 'http://127.0.0.1:3951')],
    ['of another site', forged('cross-site', 'http://localhost:3951')],
    ['in a sandbox', forged('cross-site', 'null')],
    ['whose browser hides the origin, of another site', forged('cross-site')],
    ['whose browser hides the origin, of the same site', forged('same-site')],
    ['with a name that begins like ours', { Host: OWN_NAME, Origin: `http://${OWN_NAME}.evil.example` }],
  ])('SEC-17: %s, cannot send orders', async (_what, headers) => {
    for (const path of [
      `/api/gateways/${gateway.id}/connect`,
      `/api/gateways/${gateway.id}/test?force`,
      '/api/nothing',
    ]) {
      const answer = await ask('POST', path, headers);
      expect([answer.status, code(answer)]).toEqual([403, 'CROSS_SITE_REQUEST']);
    }
    expect((await ask('DELETE', `/api/gateways/${gateway.id}`, headers)).status).toBe(403);
    await service.http.get(`/api/gateways/${gateway.id}/status`).expect(200, /"desired_state":"disconnected"/);
  });

  it.each([
    ['none, as programs send it', { Host: 'localhost' }],
    ['its own', { Host: '127.0.0.1:3000', Origin: 'http://127.0.0.1:3000', 'Sec-Fetch-Site': 'same-origin' }],
    ['its own, behind a proxy that adds TLS', { Host: OWN_NAME, Origin: `https://${OWN_NAME}` }],
    ['its own, where the proxy names the port', { Host: `${OWN_NAME}:443`, Origin: `https://${OWN_NAME}` }],
    ['one that is configured', { Host: 'localhost', Origin: CONSOLE, 'Sec-Fetch-Site': 'cross-site' }],
    ['none, of a user who typed the address', { Host: 'localhost', 'Sec-Fetch-Site': 'none' }],
  ])('SEC-17: does not prevent an order whose origin is %s', async (_what, headers) => {
    expect((await ask('POST', `/api/gateways/${gateway.id}/disconnect`, headers)).status).toBe(202);
  });

  it('SEC-17: may send requests that change nothing, and cannot read the answer', async () => {
    const answer = await ask('GET', '/api/gateways', forged('cross-site', 'http://localhost:3951'));
    expect(answer.status).toBe(200);
    expect(answer.head).not.toMatch(/access-control-allow-origin/i);
    expect(answer.head).toMatch(/cross-origin-resource-policy: same-origin/i);
  });
});

describe('the documentation', () => {
  it('SEC-17: serves the files that its page loads, and no others', async () => {
    const page = (await service.http.get('/docs').expect(200)).text;
    const files = [...page.matchAll(/(?:href|src)="\.\/(docs\/[^"]+)"/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThanOrEqual(5);
    for (const file of files) await service.http.get(`/${file}`).expect(200);
    for (const file of [
      'package.json',
      '%70ackage.json',
      'README.md',
      'swagger-ui.js.map',
      'oauth2-redirect.html',
      'x/../package.json',
    ]) {
      expect([file, code(await ask('GET', `/docs/${file}`, { Host: 'localhost' }))]).toEqual([file, 'NOT_FOUND']);
    }
  });

  it('can be turned off', async () => {
    await service.restart({ DOCS: 'off' });
    for (const path of ['/docs', '/docs/', '/docs-json', '/docs/swagger-ui.css'])
      await service.http.get(path).expect(404);
  });
});

describe('the metrics', () => {
  it('need no token without keys, unless there is one, and can be turned off', async () => {
    await service.http.get('/metrics').expect(200, /^gateway_hub_build_info\{/m);
    await service.restart({ METRICS_TOKEN: 'a-token-for-the-metrics-of-this-test' });
    await service.http.get('/metrics').expect(401);
    await service.restart({ METRICS_ENABLED: 'false' });
    await service.http.get('/metrics').expect(404);
  });
});
