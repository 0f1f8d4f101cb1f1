import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { HTTP_TIMES } from '../../src/http/edge/http-times';
import { start } from '../support/create-app';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';
import { rawRequest } from '../support/raw-request';
import { testCertificates } from '../support/certificates';

const KIB = 1024;
const JSON_TYPE = { 'content-type': 'application/json' };
/** So short that a test need not wait, and in the proportions of the service's. */
const SHORT = { request: 600, headers: 300, keepAlive: 20_000, check: 50 };

let database: TestDatabase;
let app: NestFastifyApplication;
let url: string;
const sockets: Socket[] = [];

async function startService(variables: Record<string, string> = {}, times = HTTP_TIMES): Promise<void> {
  app = await start(database, variables, times);
  url = await app.getUrl();
}

async function open(bytes: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
  sockets.push(socket.on('error', () => undefined));
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

beforeAll(async () => (database = await createDatabase()));
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});
afterAll(() => database.drop());

describe('SEC-18: a slow client', () => {
  it('SEC-18: has 30 s for a request, 10 s for its headers, and 20 s between two requests', async () => {
    await startService();
    const server = app.getHttpServer();
    expect([server.requestTimeout, server.headersTimeout, server.keepAliveTimeout]).toEqual([30_000, 10_000, 20_000]);
    expect(HTTP_TIMES.check).toBe(5000);
    expect(server.maxConnections).toBe(2000);
  });

  const post = 'POST /api/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  it.each([
    ['half a body', `${post}Content-Length: 100\r\n\r\n{"name":`],
    ['half a body in chunks', `${post}Transfer-Encoding: chunked\r\n\r\n3\r\n{"n\r\n`],
    ['half the headers', 'POST /api/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Ty'],
  ])('SEC-18: %s is answered with 408, and the connection ends', async (_what, bytes) => {
    await startService({}, SHORT);
    const { status, body } = await rawRequest(url, bytes);
    expect(status).toBe(408);
    expect(body).toMatchObject({ error: { code: 'REQUEST_TIMEOUT', statusCode: 408 } });
  });

  it('SEC-18: gets only one answer when its request is rejected and the body never arrives', async () => {
    await startService({}, SHORT);
    const { status, text } = await rawRequest(
      url,
      `POST /api/none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx`,
    );
    expect(status).toBe(404);
    expect(text).not.toContain('HTTP/1.1');
  });

  it('SEC-18: may read slowly: the request timeout ends neither a long answer nor a stream', async () => {
    await startService({}, SHORT);
    const [slow] = (await once(get(`${url}/docs/swagger-ui-bundle.js`, { agent: false }), 'response')) as [
      IncomingMessage,
    ];
    const stream = await EventStream.open({ url });
    // The time of a whole request passes for another one, which shows that it has passed for these.
    await rawRequest(url, `${post}Content-Length: 100\r\n\r\n{"name":`);
    expect(stream.ending).toBeNull();
    let bytes = 0;
    for await (const chunk of slow) bytes += (chunk as Buffer).length;
    expect([slow.complete, bytes]).toEqual([true, Number(slow.headers['content-length'])]);
    stream.close();
  });

  it('SEC-18: is disconnected when there are too many connections', async () => {
    await startService({ HTTP_MAX_CONNECTIONS: '3' });
    const first = await open('');
    await open('');
    await open('GET /api/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const fourth = await open('');
    await once(fourth.resume(), 'close');
    expect(first.destroyed).toBe(false);

    first.destroy();
    await eventually(async () => expect((await rawRequest(url, LIVE)).status).toBe(200));
  });
});

const LIVE = 'GET /api/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

describe('SEC-19: a body that is too large', () => {
  beforeEach(() => startService());

  const filler = Buffer.alloc(64 * KIB, 'x');
  const inChunks = (bytes: number) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let sent = 0; sent < bytes; sent += filler.length) controller.enqueue(filler);
        controller.close();
      },
    });

  it('SEC-19: is answered with 413 each time, on reused connections', async () => {
    const answers: (number | string)[] = [];
    for (let round = 0; round < 200; round += 1) {
      await (await fetch(`${url}/api/health/live`)).text(); // Leaves a connection to use again.
      const bytes = (1 + (round % 3)) * 1024 * KIB;
      const body = round % 4 === 3 ? { body: inChunks(bytes), duplex: 'half' } : { body: Buffer.alloc(bytes, 'x') };
      const init = { method: 'POST', headers: JSON_TYPE, ...body } as RequestInit;
      const answer = await fetch(`${url}/api/${round % 2 ? 'gateways' : 'organizations'}`, init).catch(
        (error: unknown) => error,
      );
      if (answer instanceof Response) await answer.text();
      answers.push(answer instanceof Response ? answer.status : String((answer as Error).cause));
    }
    expect(answers.filter((status) => status !== 413)).toEqual([]);
  });

  const refusals: [what: string, path: string, headers: Record<string, string>, status: number][] = [
    ['too large', '/api/organizations', JSON_TYPE, 413],
    ['of a type that is not understood', '/api/organizations', { 'content-type': 'text/plain' }, 415],
    ['to a route that does not exist', '/api/nothing', { 'content-type': 'text/plain' }, 404],
    ['from a page of another origin', '/api/organizations', { ...JSON_TYPE, origin: 'http://evil.example' }, 403],
    ['with a URL that cannot be decoded', '/api/%zz', JSON_TYPE, 400],
    ['addressed to another name', '/api/organizations', { ...JSON_TYPE, host: 'evil.example' }, 421],
  ];
  it.each(refusals)(
    'SEC-19: %s, is answered to a client that reads only after it has sent',
    async (_what, path, headers, status) => {
      const bytes = 20 * 1024 * KIB; // More than the buffers between the two hold.
      const head = Object.entries({ host: 'localhost', ...headers, 'content-length': String(bytes) });
      const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      const socket = await open(`POST ${path} HTTP/1.1\r\n${lines}\r\n`);
      socket.pause();
      const errors: Error[] = [];
      socket.on('error', (error) => errors.push(error));
      for (let sent = 0; sent < bytes; sent += filler.length) {
        await new Promise((resolve) => socket.write(filler, resolve)); // Resolves with an error too: what counts is the answer.
      }
      let received = '';
      socket.on('data', (text: string) => (received += text)).resume();
      await once(socket, 'close');
      expect(errors).toEqual([]); // A reset would be one, and cost many clients the answer.
      expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    },
  );

  it('SEC-19: is answered with the limit of the route', async () => {
    const messages = ['organizations', 'gateways', 'gateways/test'].map(async (path) => {
      const answer = await fetch(`${url}/api/${path}`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: 'x'.repeat(200 * KIB),
      });
      return ((await answer.json()) as { error: { message: string } }).error.message;
    });
    expect(await Promise.all(messages)).toEqual(
      ['32 KiB', '128 KiB', '128 KiB'].map((limit) => `The body is larger than ${limit}`),
    );
  });

  it('SEC-19: is not read without a limit', async () => {
    const socket = await open(
      `POST /api/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    socket.resume();
    const closed = once(socket, 'close');
    const chunk = `${filler.length.toString(16)}\r\n${filler.toString()}\r\n`;
    const pour = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', pour);
    pour();
    await closed;
    expect(socket.bytesWritten).toBeLessThan(64 * 1024 * KIB);
  });

  it('SEC-19: ends its connection: a request that follows it is not carried out', async () => {
    const name = `after-${randomBytes(4).toString('hex')}`;
    const follower = JSON.stringify({ name });
    const socket = await open(
      `POST /api/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${100 * KIB}\r\n\r\n`,
    );
    socket.resume();
    socket.write('x'.repeat(100 * KIB));
    socket.write(
      `POST /api/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${follower.length}\r\n\r\n${follower}`,
    );
    await once(socket, 'end');
    const list = await (await fetch(`${url}/api/organizations?search=${name}`)).json();
    expect(list).toMatchObject({ data: [] });
  });
});

describe('SEC-19: a body that is expensive to validate', () => {
  beforeEach(() => startService());

  const LIMIT = { organizations: 32 * KIB, gateways: 128 * KIB };
  /** As often as fits. */
  const fill = (limit: number, before: string, item: (index: number) => string, after: string) => {
    const items: string[] = [];
    for (let length = before.length + after.length, index = 0; ; index += 1) {
      const next = item(index);
      length += next.length + 1;
      if (length > limit) return before + items.join(',') + after;
      items.push(next);
    }
  };
  const deep = (limit: number, before: string, after: string) => {
    const levels = Math.floor((limit - before.length - after.length) / 2);
    return before + '['.repeat(levels) + ']'.repeat(levels) + after;
  };

  const bodies = (resource: keyof typeof LIMIT): [what: string, body: string][] => {
    const limit = LIMIT[resource];
    return [
      ['keys in metadata', fill(limit, '{"metadata":{', (i) => `"${i.toString(36)}":1`, '}}')],
      ['keys that look like __proto__', fill(limit, '{"metadata":{', (i) => `"__prot${i.toString(36)}__":1`, '}}')],
      ['numbers in metadata', fill(limit, '{"metadata":{"a":[', () => '1', ']}}')],
      ['an array for metadata', fill(limit, '{"metadata":[', () => '1', ']}')],
      ['small arrays', fill(limit, '{"metadata":{"a":[', () => '[]', ']}}')],
      ['an array for a name', fill(limit, '{"name":[', () => '1', ']}')],
      ['unknown fields', fill(limit, '{', (i) => `"${i.toString(36)}":1`, '}')],
      ['levels of metadata', deep(limit, '{"metadata":{"a":', '}}')],
      ['levels of a name', deep(limit, '{"name":', '}')],
      ['levels of an unknown field', deep(limit, '{"x":', '}')],
      ['brackets that do not close', '['.repeat(limit)],
      ['an e-mail', `{"email":"${'a@'.repeat(limit / 2 - 20)}"}`],
      ['a URL', `{"url":"ws://${'a.'.repeat(limit / 2 - 20)}"}`],
      ['a time zone', `{"timezone":"${'A/'.repeat(limit / 2 - 20)}"}`],
    ];
  };

  it.each(['organizations', 'gateways'] as const)('SEC-19: is rejected by POST /api/%s', async (resource) => {
    const { cert } = (await testCertificates()).valid;
    const pem = JSON.stringify({ tls: { ca: cert.repeat(Math.floor((120 * KIB) / cert.length)) } });
    const all = bodies(resource);
    if (resource === 'gateways') all.push(['certificates', pem]);
    for (const [what, body] of all) {
      expect(body.length).toBeLessThanOrEqual(LIMIT[resource]);
      const answer = await fetch(`${url}/api/${resource}`, { method: 'POST', headers: JSON_TYPE, body });
      expect([what, answer.status]).toEqual([what, 400]);
      expect((await answer.text()).length).toBeLessThan(20_000);
    }
  });
});
