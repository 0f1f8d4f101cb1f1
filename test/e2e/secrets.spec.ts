import { EventEmitter2 } from '@nestjs/event-emitter';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Client } from 'pg';
import type { Response, Test } from 'supertest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { aGateway, createFactory } from '../support/builders';
import { captureLog } from '../support/captured-log';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { eventually } from '../support/eventually';

// With all that is written differently in JSON, in a URL and in base64.
const PASSWORD = 'Zwölf "Boxkämpfer" \\ jagen Viktor?>/';
const NEW_PASSWORD = 'quick "brown" \\ fox~~??>>';
/** Part of the login, and for those who may see the gateway: in answers, and nowhere else. */
const EMAIL = 'viktor.private@example.org';
const ENCRYPTION_KEY = randomBytes(32).toString('base64');

/** Everything that the service says, by the way it says it. */
const said = { answers: [] as string[], log: [] as string[], events: [] as string[] };
const secrets = [PASSWORD, NEW_PASSWORD, Buffer.from(ENCRYPTION_KEY, 'base64')].flatMap(formsOf);

let service: TestApp;
let sql: Client;
let factoryId: string;
const devices: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  captureLog((text) => said.log.push(text));
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk) => said.log.push(String(chunk)) > 0);
  }
  service = await startTestApp({
    NODE_ENV: 'production',
    AUTH: 'off',
    GATEWAY_NETWORKS: '127.0.0.0/8',
    LOG_LEVEL: 'trace',
    ENCRYPTION_KEY,
  });
  const emitter = service.app.get(EventEmitter2);
  const note = (name: unknown, payload: unknown[]) =>
    said.events.push(JSON.stringify([name, payload]), inspect(payload, { depth: 20, showHidden: true }));
  const [emit, emitAsync] = [emitter.emit.bind(emitter), emitter.emitAsync.bind(emitter)];
  jest.spyOn(emitter, 'emit').mockImplementation((name, ...payload: unknown[]) => {
    note(name, payload);
    return emit(name, ...payload);
  });
  jest.spyOn(emitter, 'emitAsync').mockImplementation((name, ...payload: unknown[]) => {
    note(name, payload);
    return emitAsync(name, ...payload);
  });
  sql = new Client({ connectionString: service.database.url });
  await sql.connect();
  factoryId = (await createFactory(service.http)).id;
});

afterEach(expectNoSecret);

afterAll(async () => {
  await sql.end();
  await service.close();
  await Promise.all(devices.map((device) => device.close()));
  jest.restoreAllMocks();
  expectNoSecret();
});

function expectNoSecret(): void {
  for (const [channel, texts] of Object.entries(said)) {
    for (const text of texts) {
      const bare = withoutEscapes(text);
      const leaked = secrets.filter((secret) => bare.includes(secret));
      expect({ channel, leaked, in: leaked.length > 0 ? text : '' }).toEqual({ channel, leaked: [], in: '' });
      if (channel !== 'answers') expect(text).not.toContain(EMAIL);
      expect(text).not.toMatch(/v1\.[0-9a-f]{8}\.[\w-]{20}/); // What the table holds.
    }
  }
}

/** A secret as it is, and as it might be found in a text. */
function formsOf(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret);
  const coded = (['base64', 'base64url', 'hex'] as const).map((encoding) =>
    bytes.toString(encoding).replace(/=+$/, ''),
  );
  return typeof secret === 'string' ? [withoutEscapes(secret), encodeURIComponent(secret), ...coded] : coded;
}

/** A text may be quoted in a message that is quoted in a line of JSON: what is left is the same at every level. */
function withoutEscapes(text: string): string {
  return text.replace(/[\\"']/g, '');
}

/** Sends a request and keeps all of the answer. */
async function ask(request: Test): Promise<Response> {
  const answer = await request;
  said.answers.push(`${answer.status} ${JSON.stringify(answer.headers)}`, answer.text);
  return answer;
}

async function create(changes: object): Promise<string> {
  const body = aGateway({ factory_id: factoryId, email: EMAIL, password: PASSWORD, ...changes });
  return ((await ask(service.http.post('/api/gateways').send(body).expect(201))).body as { id: string }).id;
}

async function reasonOf(id: string): Promise<string> {
  return eventually(async () => {
    const { reason } = (await ask(service.http.get(`/api/gateways/${id}/status`))).body as {
      reason: { code: string } | null;
    };
    if (!reason) throw new Error('nothing went wrong yet');
    return reason.code;
  });
}

async function readEverything(id: string): Promise<void> {
  const paths = [`gateways/${id}`, `gateways/${id}/status`, 'gateways', 'connections', 'factories', 'health'];
  for (const path of paths) await ask(service.http.get(`/api/${path}`).expect(200));
}

describe('GATEWAY-07: passwords', () => {
  it('GATEWAY-07: are not disclosed when all goes well', async () => {
    const device = await SimulatedGateway.listen({ email: EMAIL, password: PASSWORD });
    devices.push(device);
    const id = await create({ url: device.url });
    await eventually(() => ask(service.http.get(`/api/gateways/${id}/status`).expect(/"state":"connected"/)));
    await readEverything(id);

    device.setCredentials(EMAIL, NEW_PASSWORD);
    await ask(service.http.put(`/api/gateways/${id}`).send({ password: NEW_PASSWORD }).expect(200));
    await eventually(() => expect(device.loginCounts.accepted).toBe(2));
    await ask(service.http.post(`/api/gateways/${id}/disconnect`).expect(202));
    await ask(service.http.delete(`/api/gateways/${id}`).expect(204));

    // What was looked through is what there was to see.
    expect(said.answers.join()).toContain(id);
    expect(said.log.join()).toContain(`"gatewayId":"${id}"`);
    expect(said.events.join()).toContain('gateway.updated');
  });

  const refusing: Record<string, (device: SimulatedGateway) => void> = {
    'the login with RTN_LOGIN': (device) => device.refuseLogins('a'),
    'the login with RTN_ERR': (device) => device.refuseLogins('b'),
    'the login by closing': (device) => device.refuseLogins('c'),
    'the login by hanging up': (device) => device.closeAt('login'),
    'to answer the login': (device) => device.muteLogins(true),
    'the upgrade': (device) => device.rejectUpgrade(401),
    'the subscription': (device) => device.refuseSubscribe(true),
  };

  it.each(Object.keys(refusing))('GATEWAY-07: are not disclosed when a gateway refuses %s', async (what) => {
    const device = await SimulatedGateway.listen({ email: EMAIL, password: PASSWORD });
    devices.push(device);
    refusing[what]?.(device);
    const id = await create({ url: device.url });
    await reasonOf(id);
    await readEverything(id);
    await ask(service.http.post(`/api/gateways/${id}/connect`).expect(202));
    await ask(service.http.post(`/api/gateways/${id}/disconnect`).expect(202));
  });

  const refuse = (error: unknown) =>
    JSON.stringify({ Type: 'RTN_ERR', From: 'SERV', Target: 'UI', Data: { Attempt: 'POST_LOGIN', Error: error } });
  const accept = '{"Type":"RTN_LOGIN","From":"SERV","Target":"UI","Data":{"Success":true}}';
  const quoting: Record<string, (socket: WebSocket, login: string) => void> = {
    'in an error': (socket) => socket.send(refuse(`Wrong password ${PASSWORD} for ${EMAIL}`)),
    'in an error, with the whole frame': (socket, login) => socket.send(refuse(`Cannot handle ${login}`)),
    'in an error that is an object': (socket) => socket.send(refuse({ Password: PASSWORD })),
    'beside an address': (socket) => socket.send(refuse(`Who is ${EMAIL}?`)),
    'in a refusal': (socket) =>
      socket.send(JSON.stringify({ Type: 'RTN_LOGIN', Data: { Success: false, Password: PASSWORD } })),
    'as the reason to close': (socket) => socket.close(1008, PASSWORD),
    'in something that is no frame': (socket, login) => {
      socket.send(`Traceback (most recent call last): login(${login})`);
      socket.close(1011);
    },
    'as the type of a frame': (socket) => {
      socket.send(JSON.stringify({ Type: PASSWORD, Data: PASSWORD }));
      socket.close(1000);
    },
    'in a broken frame': (socket, login) =>
      socket.send(login.slice(0, -1), { compress: true }, () => socket.terminate()),
    'after it let us in': (socket) => {
      socket.send(accept);
      socket.send(JSON.stringify({ Type: 'RTN_ERR', Data: { Attempt: 'POST_SUB_CHANGES', Error: PASSWORD } }));
    },
  };

  it.each(Object.keys(quoting))('GATEWAY-07: are not disclosed when a gateway quotes them %s', async (how) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    server.on('connection', (socket) => {
      socket.once('message', (login: Buffer) => quoting[how]?.(socket, login.toString()));
      socket.on('error', () => undefined);
    });
    await once(server, 'listening');
    devices.push({
      close: async () => {
        for (const socket of server.clients) socket.terminate();
        await new Promise((resolve) => server.close(resolve));
      },
    });

    const id = await create({ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` });
    await reasonOf(id);
    await readEverything(id);
    await ask(service.http.delete(`/api/gateways/${id}`).expect(204));
  });

  it('GATEWAY-07: are not disclosed when they cannot be decrypted', async () => {
    const id = await create({ desired_state: 'disconnected' });
    const { rows } = await sql.query<{ sealed: string }>(
      'SELECT password_encrypted AS sealed FROM gateways WHERE id = $1',
      [id],
    );
    const [version, keyId, payload] = rows[0]?.sealed.split('.') ?? [];
    for (const spoilt of [`${version}.${keyId}.AAAA${payload?.slice(4)}`, `${version}.00000000.${payload}`, PASSWORD]) {
      await sql.query('UPDATE gateways SET password_encrypted = $2 WHERE id = $1', [id, spoilt]);
      await ask(service.http.post(`/api/gateways/${id}/connect`).expect(202));
      await eventually(async () => expect(await reasonOf(id)).toBe('credentials_unreadable'));
      await readEverything(id);
      await ask(service.http.post(`/api/gateways/${id}/disconnect`).expect(202));
    }
  });

  it('GATEWAY-07: are not disclosed to callers who send them in the wrong place', async () => {
    const id = await create({ desired_state: 'disconnected' });
    const long = PASSWORD.repeat(50);
    const bodies = [
      { pasword: PASSWORD },
      { password: [PASSWORD] },
      { password: { plain: PASSWORD } },
      { password: long },
      { password: `${PASSWORD}\0` },
      { email: PASSWORD },
      { url: `ws://ops:${encodeURIComponent(PASSWORD)}@10.0.0.7` },
      { url: PASSWORD },
      { model: long },
      { firmware_version: long },
      { gateway_id: long },
      { metadata: PASSWORD },
      { metadata: { a: `${PASSWORD}\0` } },
      { desired_state: PASSWORD },
      [PASSWORD],
    ];
    for (const body of bodies) {
      const whole = Array.isArray(body) ? body : { ...aGateway({ factory_id: factoryId }), ...body };
      await ask(service.http.post('/api/gateways').send(whole).expect(400));
      await ask(service.http.put(`/api/gateways/${id}`).send(body).expect(400));
    }
    const change = () => service.http.put(`/api/gateways/${id}`);
    const text = `{"password":${JSON.stringify(PASSWORD)}`;
    await ask(
      change()
        .type('json')
        .send(text)
        .expect(400, /MALFORMED_JSON/),
    );
    await ask(
      change()
        .type('json')
        .send(`${text},"__proto__":1}`)
        .expect(400, /MALFORMED_JSON/),
    );
    await ask(change().type('text/plain').send(text).expect(415));
    await ask(change().type('form').send({ password: PASSWORD }).expect(415));
    await ask(
      change()
        .send({ password: PASSWORD, name: 'x'.repeat(2 ** 20) })
        .expect(413),
    );
    await ask(service.http.get('/api/gateways').query({ password: PASSWORD }).expect(400));
    await ask(service.http.get('/api/gateways').query({ search: PASSWORD }).expect(200));
    await ask(service.http.get('/api/gateways').query({ factory_id: PASSWORD }).expect(400));
  });

  it('GATEWAY-07: are not disclosed when the label is taken or the factory is unknown', async () => {
    const taken = { gateway_id: 'GW-TAKEN', desired_state: 'disconnected' };
    await create(taken);
    const post = (changes: object) =>
      service.http.post('/api/gateways').send(aGateway({ factory_id: factoryId, password: PASSWORD, ...changes }));
    await ask(post(taken).expect(409));
    await ask(post({ factory_id: '00000000-0000-4000-8000-000000000000' }).expect(422));
  });

  it.each([
    // The server's detail on a violated constraint quotes the whole row.
    ['refuses a row', `ADD CONSTRAINT ck_test CHECK (name <> 'Forbidden')`, 'DROP CONSTRAINT ck_test'],
    ['has no place for it', 'RENAME password_encrypted TO sealed', 'RENAME sealed TO password_encrypted'],
    ['takes too long a text for it', 'ALTER password_encrypted TYPE char(400)', 'ALTER password_encrypted TYPE text'],
  ])('GATEWAY-08: are not disclosed when the database %s', async (_what, spoil, mend) => {
    const id = await create({ desired_state: 'disconnected' });
    await sql.query(`ALTER TABLE gateways ${spoil}`);
    try {
      const body = { name: 'Forbidden', password: PASSWORD.repeat(20), model: null };
      const failing = [
        service.http.post('/api/gateways').send(aGateway({ factory_id: factoryId, ...body })),
        service.http.put(`/api/gateways/${id}`).send(body),
      ];
      for (const request of failing) expect((await ask(request)).text).toContain('INTERNAL_ERROR');
    } finally {
      await sql.query(`ALTER TABLE gateways ${mend}`);
    }
    await eventually(() => expect(said.log.join()).toContain('request failed'));
  });

  it('GATEWAY-07: are not in the documentation', async () => {
    for (const path of ['/docs', '/docs-json', '/docs/swagger-ui-init.js'])
      await ask(service.http.get(path).expect(200));
  });
});
