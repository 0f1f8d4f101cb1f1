import { EVERYWHERE } from '../../src/common/actor';
import { Client } from 'pg';
import { generate } from 'selfsigned';
import { ConnectionRegistry } from '../../src/status/connection.registry';
import type { ConnectionStatusDto } from '../../src/status/connection-status.dto';
import { SORTS } from '../../src/common/sort';
import { ConnectionSupervisor } from '../../src/connections/connection.supervisor';
import { CredentialCipher } from '../../src/crypto/credential-cipher';
import type { GatewayDto, GatewayPageDto } from '../../src/gateways/gateway.dto';
import { PASSWORD_PURPOSE, passwordBinding } from '../../src/gateways/gateway.entity';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { aGateway, createFactory } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { eventually } from '../support/eventually';

interface Document {
  components: { schemas: Record<string, { properties: object; additionalProperties?: boolean }> };
}

type Gateway = Pick<GatewayDto, keyof GatewayDto>;

interface StoredGateway {
  readonly password_encrypted: string;
  readonly url: string;
  readonly connection_version: number;
  readonly refusals: number | null;
}

let service: TestApp;
let sql: Client;
let factory: { id: string; organization_id: string };

beforeAll(async () => {
  service = await startTestApp();
  sql = new Client({ connectionString: service.database.url });
  await sql.connect();
  factory = await createFactory(service.http);
});

afterAll(async () => {
  await sql.end();
  await service.close();
});

/** Nothing dials it, unless `desired_state` is among the changes. */
async function create(changes: object = {}): Promise<Gateway> {
  const body = aGateway({ factory_id: factory.id, desired_state: 'disconnected', ...changes });
  return (await service.http.post('/api/gateways?allow_duplicate').send(body).expect(201)).body as Gateway;
}

async function get(id: string): Promise<Gateway> {
  return (await service.http.get(`/api/gateways/${id}`).expect(200)).body as Gateway;
}

async function put(id: string, changes: object): Promise<Gateway> {
  return (await service.http.put(`/api/gateways/${id}?allow_duplicate`).send(changes).expect(200)).body as Gateway;
}

async function list(query: Record<string, string>): Promise<GatewayPageDto> {
  return (await service.http.get('/api/gateways').query(query).expect(200)).body as GatewayPageDto;
}

const nextOf = (pages: GatewayPageDto[]) => pages.at(-1)?.pagination.next_cursor ?? null;

async function status(id: string): Promise<ConnectionStatusDto> {
  return (await service.http.get(`/api/gateways/${id}/status`).expect(200)).body as ConnectionStatusDto;
}

async function stored(id: string): Promise<StoredGateway> {
  const { rows } = await sql.query<StoredGateway>(
    `SELECT password_encrypted, url, gateways.connection_version, refusals
     FROM gateways LEFT JOIN gateway_logins AS login ON login.gateway_id = gateways.id
       AND login.connection_version = gateways.connection_version
     WHERE gateways.id = $1`,
    [id],
  );
  if (!rows[0]) throw new Error(`no row ${id}`);
  return rows[0];
}

const opened = async (id: string) => {
  const { password_encrypted: sealed, url } = await stored(id);
  return service.app.get(CredentialCipher).open(sealed, PASSWORD_PURPOSE, passwordBinding(id, url));
};

describe('creating a gateway', () => {
  it('GATEWAY-01: applies the defaults, answers with its location, and does not wait for the gateway', async () => {
    const body = aGateway({ factory_id: factory.id });
    const answer = await service.http.post('/api/gateways').send(body).expect(201);

    const gateway = answer.body as Gateway;
    expect(answer.headers['location']).toBe(`/api/gateways/${gateway.id}`);
    expect(gateway).toStrictEqual({
      factory_id: factory.id,
      gateway_id: body.gateway_id,
      name: body.name,
      url: body.url,
      email: body.email,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      tls: null,
      model: null,
      firmware_version: null,
      clock_zone: null,
      metadata: {},
      desired_state: 'connected',
      last_seen_at: null,
      created_at: expect.stringMatching(/Z$/) as string,
      updated_at: gateway.created_at,
    });
    await service.http.get(`/api/gateways/${gateway.id}`).expect(200, gateway);
    await service.http.delete(`/api/gateways/${gateway.id}`).expect(204);
  });

  it('GATEWAY-01: trims every text but the password', async () => {
    const padded = {
      gateway_id: ' GW-PAD ',
      name: '\tPadded\n',
      url: ' wss://gw.example.org/ ',
      email: ' a@localhost ',
    };
    const gateway = await create({ ...padded, model: ' M1 ', firmware_version: ' 1.0 ', password: '  two spaces  ' });
    expect(gateway).toMatchObject({
      gateway_id: 'GW-PAD',
      name: 'Padded',
      url: 'wss://gw.example.org/',
      email: 'a@localhost',
      model: 'M1',
      firmware_version: '1.0',
    });
    expect(await opened(gateway.id)).toBe('  two spaces  ');
  });

  it.each(['ws://10.0.0.7', 'WS://Gateway-7:5000/path?query=1', 'wss://[fd00::1]:5000', 'ws://gerät.example'])(
    'GATEWAY-01: accepts the URL %s unchanged',
    async (url) => {
      expect(await create({ url })).toMatchObject({ url });
    },
  );

  it('GATEWAY-01: accepts values of the maximum length', async () => {
    const url = `ws://10.0.0.7/${'x'.repeat(486)}`;
    const texts = { gateway_id: 'g'.repeat(255), name: 'ü'.repeat(255), model: 'm'.repeat(100) };
    const gateway = await create({ ...texts, url, firmware_version: 'f'.repeat(50), password: '密'.repeat(1024) });
    expect(gateway).toMatchObject({ ...texts, url });
    expect(await opened(gateway.id)).toBe('密'.repeat(1024));
  });

  it('GATEWAY-01: succeeds for only one of two concurrent requests with the same label', async () => {
    const body = aGateway({ factory_id: factory.id, desired_state: 'disconnected' });
    const answers = await Promise.all([1, 2].map(() => service.http.post('/api/gateways').send(body)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409]);
  });

  it('GATEWAY-06: stores the password encrypted, and never twice the same', async () => {
    const password = 'correct horse battery staple';
    const [first, second] = [await create({ password }), await create({ password })];

    const texts = [await stored(first.id), await stored(second.id)].map((row) => row.password_encrypted);

    const { keyId } = service.app.get(CredentialCipher);
    for (const text of texts) expect(text).toMatch(new RegExp(`^v2\\.${keyId}\\.[\\w-]+$`));
    expect(texts[0]).not.toBe(texts[1]);
    const dump = await sql.query<{ row: string }>('SELECT gateways::text AS row FROM gateways');
    expect(dump.rows.map(({ row }) => row).join()).not.toContain('correct');
    expect(await opened(first.id)).toBe(password);
  });

  it('GATEWAY-09: answers with exactly the documented fields, and documents that it refuses others', async () => {
    const document = (await service.http.get('/docs-json').expect(200)).body as Document;
    const { Gateway, CreateGateway, UpdateGateway } = document.components.schemas;

    expect(Object.keys(Gateway?.properties ?? {})).toEqual(Object.keys(await create()));
    expect([CreateGateway?.additionalProperties, UpdateGateway?.additionalProperties]).toEqual([false, false]);
  });
});

describe('listing gateways', () => {
  const namesOf = ({ data }: GatewayPageDto) => data.map(({ name }) => name);

  it('GATEWAY-02: pages through those of one factory, ordered by name, then id', async () => {
    const { id: factory_id } = await createFactory(service.http);
    for (const name of ['c', 'A', 'b', 'b']) await create({ factory_id, name });
    await create({ name: 'elsewhere' });

    const pages = await Promise.all(['0', '2', '4'].map((offset) => list({ factory_id, limit: '2', offset })));

    expect(pages.map(namesOf)).toEqual([['A', 'b'], ['b', 'c'], []]);
    expect(pages.map(({ pagination }) => pagination)).toEqual([
      { total: 4, limit: 2, offset: 0, hasNext: true, hasPrev: false, next_cursor: expect.any(String) as string },
      { total: 4, limit: 2, offset: 2, hasNext: false, hasPrev: true, next_cursor: null },
      { total: 4, limit: 2, offset: 4, hasNext: false, hasPrev: true, next_cursor: null },
    ]);
    const twins = [pages[0]?.data[1]?.id ?? '', pages[1]?.data[0]?.id ?? ''];
    expect(twins).toEqual([...twins].sort());
  });

  it.each(SORTS)('GATEWAY-02: returns the same pages by cursor as by offset: sort=%s', async (sort) => {
    const { id: factory_id } = await createFactory(service.http);
    for (const name of ['gw-2', 'GW-10', 'a', 'a', 'Ä']) await create({ factory_id, name });
    const query = { factory_id, sort, limit: '2' };

    const byOffset = await Promise.all(['0', '2', '4'].map((offset) => list({ ...query, offset })));
    const byCursor = [await list(query)];
    for (let next = nextOf(byCursor); next !== null; next = nextOf(byCursor)) {
      byCursor.push(await list({ ...query, cursor: next }));
    }

    expect(byCursor).toEqual(byOffset);
  });

  it('GATEWAY-02: rejects a cursor of another sort, another filter or another list', async () => {
    const { id: factory_id } = await createFactory(service.http);
    for (const name of ['a', 'b']) await create({ factory_id, name });
    const query = { factory_id, limit: '1', sort: 'name' };
    const cursor = nextOf([await list(query)]) ?? '';
    const refusals = { ...query, cursor };

    await list(refusals);
    for (const [path, changes] of [
      ['gateways', { sort: '-name' }],
      ['gateways', { sort: 'created_at' }],
      ['gateways', { factory_id: factory.id }],
      ['gateways', { search: 'b' }],
      ['gateways', { cursor: `${cursor}a` }],
      ['gateways', { offset: '0' }],
      ['connections', {}],
    ] as const) {
      const answer = await service.http
        .get(`/api/${path}`)
        .query({ ...refusals, ...changes })
        .expect(400);
      expect(answer.body).toMatchObject({ error: { code: 'VALIDATION_ERROR', details: [{ path: 'cursor' }] } });
    }
  });

  it('GATEWAY-02: lists those with the given ids', async () => {
    const { id: factory_id } = await createFactory(service.http);
    const created = [];
    for (const name of ['a', 'b', 'c']) created.push((await create({ factory_id, name })).id);
    const [a, , c] = created;
    const { body } = (await service.http
      .get('/api/gateways')
      .query({ id: [c, a] })
      .expect(200)) as { body: unknown };
    expect(body).toMatchObject({ data: [{ name: 'a' }, { name: 'c' }], pagination: { total: 2 } });
    expect(namesOf(await list({ id: String(a), factory_id: factory.id }))).toEqual([]);
  });

  it('GATEWAY-02: rejects an unknown sort, and names the known ones', async () => {
    const answer = await service.http.get('/api/gateways?sort=size').expect(400);
    for (const sort of SORTS) expect(answer.text).toContain(sort);
  });

  it('GATEWAY-02: searches for a part of the name or label literally, and ignores case', async () => {
    const { id: factory_id } = await createFactory(service.http);
    await create({ factory_id, name: 'Prüfstand', gateway_id: 'GW_100%' });
    await create({ factory_id, name: 'Halle', gateway_id: 'PRÜF-1' });
    await create({ factory_id, name: 'GWx100', gateway_id: 'back\\slash' });
    const find = async (search: string) => namesOf(await list({ factory_id, search }));

    expect(await find('prÜf')).toEqual(['Halle', 'Prüfstand']);
    expect(await find('gw_100')).toEqual(['Prüfstand']);
    expect(await find('0%')).toEqual(['Prüfstand']);
    expect(await find('K\\s')).toEqual(['GWx100']);
    expect(await find('_')).toEqual(['Prüfstand']);
  });

  it('GATEWAY-02: returns none for an unknown factory', async () => {
    const factory_id = '00000000-0000-4000-8000-000000000000';
    expect(await list({ factory_id })).toMatchObject({ data: [], pagination: { total: 0, hasNext: false } });
  });
});

describe('changing a gateway', () => {
  it('GATEWAY-03: finds one by its id, and ignores case', async () => {
    const gateway = await create();
    await service.http.get(`/api/gateways/${gateway.id.toUpperCase()}`).expect(200, gateway);
  });

  it('GATEWAY-04: changes only what is sent, and the status shows it at once', async () => {
    const before = await create({ model: 'M1', metadata: { a: 1, b: 2 } });

    const after = await put(before.id, { name: ' Renamed ', gateway_id: 'GW-RENAMED', metadata: { c: 3 } });

    const { updated_at } = after;
    expect(after).toStrictEqual({
      ...before,
      name: 'Renamed',
      gateway_id: 'GW-RENAMED',
      metadata: { c: 3 },
      updated_at,
    });
    expect(updated_at > before.updated_at).toBe(true);
    expect(await get(before.id)).toEqual(after);
    expect(await status(before.id)).toMatchObject({ name: 'Renamed', gateway_id: 'GW-RENAMED' });
  });

  it('GATEWAY-01, GATEWAY-04: empty text clears the model and the firmware version', async () => {
    const gateway = await create({ model: '', firmware_version: '\t' });
    expect(gateway).toMatchObject({ model: null, firmware_version: null });
    await put(gateway.id, { model: 'A', firmware_version: '1' });
    expect(await put(gateway.id, { model: ' ', firmware_version: '' })).toMatchObject({
      model: null,
      firmware_version: null,
    });
    const draft = { model: '', firmware_version: '' };
    await service.http.post(`/api/gateways/${gateway.id}/test?force`).send(draft).expect(200);
  });

  it('GATEWAY-04: null clears the model and the firmware version', async () => {
    const { id } = await create({ model: 'M1', firmware_version: '1.0' });
    expect(await put(id, { model: null })).toMatchObject({ model: null, firmware_version: '1.0' });
    expect(await put(id, { clock_zone: 'Asia/Tokyo' })).toMatchObject({ model: null, clock_zone: 'Asia/Tokyo' });
    expect(await put(id, { clock_zone: '' })).toMatchObject({ clock_zone: null });
    expect(await put(id, { firmware_version: null })).toMatchObject({ model: null, firmware_version: null });
  });

  it('GATEWAY-04: rejects the label of another gateway, and accepts its own', async () => {
    const [one, other] = [await create(), await create()];
    const taken = await service.http.put(`/api/gateways/${one.id}`).send({ gateway_id: other.gateway_id }).expect(409);
    expect(taken.body).toMatchObject({ error: { code: 'GATEWAY_ID_TAKEN', details: [{ path: 'gateway_id' }] } });
    expect(await put(one.id, { gateway_id: one.gateway_id })).toEqual(one);
  });

  it('GATEWAY-04: encrypts and stores a changed password', async () => {
    const { id, ...before } = await create({ password: 'old secret' });
    const sealed = await stored(id);

    const after = await put(id, { password: 'new secret' });

    expect(await stored(id)).not.toEqual(sealed);
    expect(await opened(id)).toBe('new secret');
    expect(after.updated_at > before.updated_at).toBe(true);
  });

  it('GATEWAY-04: sending the same password again changes nothing', async () => {
    const gateway = await create({ password: 'old secret' });
    const row = await stored(gateway.id);

    expect(await put(gateway.id, { password: 'old secret' })).toEqual(gateway);
    expect(await stored(gateway.id)).toEqual(row);
  });

  it('GATEWAY-04: replaces a password that cannot be decrypted', async () => {
    const { id } = await create();
    await sql.query(`UPDATE gateways SET password_encrypted = 'v2.00000000.AAAA' WHERE id = $1`, [id]);

    await put(id, { password: 'mended' });

    expect(await opened(id)).toBe('mended');
    expect(await stored(id)).toMatchObject({ connection_version: 2 });
  });

  const same = { url: 'ws://10.0.0.7', email: 'ops@example.org', password: 'secret' };
  it.each([
    ['url', { url: 'ws://10.0.0.8' }, 2],
    ['email', { email: 'other@example.org' }, 2],
    ['password', { password: 'Secret' }, 2],
    ['all three at once', { url: 'ws://10.0.0.8', email: 'other@example.org', password: 'Secret' }, 2],
    ['nothing, all three sent as they are', { ...same, url: ' ws://10.0.0.7 ' }, 1],
    ['only what a session does not need', { name: 'x', gateway_id: 'GW-Y', model: 'x', metadata: { x: 1 } }, 1],
  ])('GATEWAY-04: only url, e-mail and password change the connection version: %s', async (_what, changes, version) => {
    const { id } = await create(same);
    await put(id, changes);
    expect(await stored(id)).toMatchObject({ connection_version: version });
  });

  it('STATUS-02: an order changes the row the first time, and not the second time', async () => {
    const { id, updated_at } = await create({ desired_state: 'connected' });

    await service.http.post(`/api/gateways/${id}/disconnect`).expect(202);
    const first = await get(id);
    await service.http.post(`/api/gateways/${id}/disconnect`).expect(202);

    expect(first).toMatchObject({ desired_state: 'disconnected' });
    expect(first.updated_at > updated_at).toBe(true);
    expect(await get(id)).toEqual(first);
  });

  it('STATUS-02: each connect order grants one login, even when the login budget is spent', async () => {
    const device = await SimulatedGateway.listen();
    try {
      const { id } = await create({ url: device.url, password: 'wrong', desired_state: 'connected' });
      for (let logins = 1; logins <= 5; logins += 1) {
        await eventually(async () => {
          expect(await status(id)).toMatchObject({ state: 'auth_failed', reason: { code: 'login_refused' } });
          expect(device.logins).toHaveLength(logins);
          expect((await stored(id)).refusals).toBe(Math.min(logins, 3));
        });
        await service.http.post(`/api/gateways/${id}/connect`).expect(202);
      }
      await service.http.delete(`/api/gateways/${id}`).expect(204);
      await eventually(() => expect(device.openConnections).toBe(0));
    } finally {
      await device.close();
    }
  });

  it('STATUS-05: last_seen_at changes without a change of updated_at', async () => {
    const device = await SimulatedGateway.listen();
    try {
      const created = await create({ url: device.url, desired_state: 'connected' });
      const seen = await eventually(async () => {
        const gateway = await get(created.id);
        expect(gateway.last_seen_at).not.toBeNull();
        return gateway;
      });
      expect(seen).toEqual({ ...created, last_seen_at: seen.last_seen_at });
      await service.http.delete(`/api/gateways/${created.id}`).expect(204);
      await eventually(() => expect(device.openConnections).toBe(0));
    } finally {
      await device.close();
    }
  });
});

describe('the TLS settings of a gateway', () => {
  const digits = 'ab'.repeat(32);
  const fingerprint256 = Array.from({ length: 32 }, () => 'AB').join(':');
  let ca: string;
  let privateKey: string;

  beforeAll(async () => {
    const made = await generate([{ name: 'commonName', value: 'gateway.test' }], { keyType: 'ec' });
    [ca, privateKey] = [made.cert.trim(), made.private.trim()];
  });

  it('are null by default, and otherwise stored as they are sent', async () => {
    expect(await create()).toMatchObject({ tls: null });
    for (const tls of [{ ca }, { fingerprint256 }, { ca, fingerprint256 }, { insecure: true }, null]) {
      const created = await create({ url: 'wss://10.0.0.7', tls });
      expect(created.tls).toEqual(tls);
      expect((await get(created.id)).tls).toEqual(tls);
    }
  });

  it('are answered in one normal form', async () => {
    expect(
      (await create({ url: 'wss://10.0.0.7', tls: { ca: `\n${ca}\n`, fingerprint256: digits, insecure: false } })).tls,
    ).toEqual({
      ca,
      fingerprint256,
    });
    for (const tls of [{}, { insecure: false }]) expect((await create({ tls })).tls).toBeNull();
  });

  it('are replaced as a whole, unchanged when not sent, and cleared by null', async () => {
    const { id } = await create({ url: 'wss://10.0.0.7', tls: { ca } });
    expect((await put(id, { tls: { fingerprint256 } })).tls).toEqual({ fingerprint256 });
    expect((await put(id, { name: 'other' })).tls).toEqual({ fingerprint256 });
    expect((await put(id, { tls: null })).tls).toBeNull();
    expect((await get(id)).tls).toBeNull();
  });

  it.each<[string, object | null, number]>([
    ['another', { insecure: true }, 2],
    ['none', null, 2],
    ['the same, written in another way', { fingerprint256: digits, insecure: false }, 1],
  ])('increase the connection version only when they really change: %s', async (_, tls, version) => {
    const { id } = await create({ url: 'wss://10.0.0.7', tls: { fingerprint256 } });
    await put(id, { tls });
    expect(await stored(id)).toMatchObject({ connection_version: version });
  });

  it.each<[string, string, () => unknown]>([
    ['a text that is no PEM', 'tls.ca', () => ({ ca: 'my own authority' })],
    ['a private key beside the certificate', 'tls.ca', () => ({ ca: `${ca}\n${privateKey}` })],
    ['more than 64 KiB', 'tls.ca', () => ({ ca: Array.from({ length: 200 }, () => ca).join('\n') })],
    ['a short fingerprint', 'tls.fingerprint256', () => ({ fingerprint256: digits.slice(2) })],
    ['insecure together with ca', 'tls.insecure', () => ({ ca, insecure: true })],
    ['insecure together with a fingerprint', 'tls.insecure', () => ({ fingerprint256, insecure: true })],
    ['a field that nobody knows', 'tls.inscure', () => ({ inscure: true })],
    ['a text', 'tls', () => 'insecure'],
  ])('reject %s; the answer names the field, and repeats no private key', async (_, path, tls) => {
    const { id } = await create();
    const body = aGateway({ factory_id: factory.id, tls: tls() });
    for (const request of [
      service.http.post('/api/gateways').send(body),
      service.http.put(`/api/gateways/${id}`).send({ tls: tls() }),
    ]) {
      const answer = await request.expect(400);
      const { error } = answer.body as { error: { code: string; details: { path: string }[] } };
      expect([error.code, ...error.details.map((detail) => detail.path)]).toEqual(['VALIDATION_ERROR', path]);
      expect(answer.text).not.toContain(privateKey.split('\n')[1]);
    }
    expect((await get(id)).tls).toBeNull();
  });
});

describe('the organization of a gateway', () => {
  const known = (id: string) => service.app.get(ConnectionRegistry).find(EVERYWHERE, id)?.gateway;

  it('is in the registry after a creation and after a restart, and in no answer', async () => {
    const device = await SimulatedGateway.listen();
    const wanted = await create({ url: device.url, desired_state: 'connected' });
    const idle = await create();
    for (const gateway of [wanted, idle]) {
      expect(known(gateway.id)).toMatchObject({ organizationId: factory.organization_id });
      expect([gateway, await get(gateway.id), await status(gateway.id)].map(Object.keys).flat()).not.toContain(
        'organization_id',
      );
    }

    await service.restart();
    await eventually(async () => expect((await status(wanted.id)).state).toBe('connected'));

    for (const { id } of [wanted, idle]) expect(known(id)).toMatchObject({ organizationId: factory.organization_id });
    await service.http.delete(`/api/gateways/${wanted.id}`).expect(204);
    await device.close();
  });

  it('follows its factory, also in the registry', async () => {
    const { id: factory_id } = await createFactory(service.http);
    const { id } = await create({ factory_id });

    await sql.query('UPDATE factories SET organization_id = $1 WHERE id = $2', [factory.organization_id, factory_id]);
    await service.app.get(ConnectionSupervisor).reconcile();

    expect(known(id)).toMatchObject({ organizationId: factory.organization_id });
  });
});

describe('moving a gateway to another factory', () => {
  async function another(): Promise<{ id: string }> {
    const body = { organization_id: factory.organization_id, name: 'Other' };
    return (await service.http.post('/api/factories').send(body).expect(201)).body as { id: string };
  }

  it('GATEWAY-04: keeps its session, and shows the new factory everywhere at once', async () => {
    const device = await SimulatedGateway.listen();
    const gateway = await create({ url: device.url, desired_state: 'connected' });
    const before = await eventually(async () => {
      const now = await status(gateway.id);
      expect(now.state).toBe('connected');
      return now;
    });
    const target = await another();

    const moved = await put(gateway.id, { ...gateway, factory_id: target.id });

    expect(moved.factory_id).toBe(target.id);
    expect(await status(gateway.id)).toMatchObject({ factory_id: target.id, state: 'connected', since: before.since });
    const idsIn = async (path: string, factory_id: string) =>
      ((await service.http.get(path).query({ factory_id, limit: '100' }).expect(200)).body as GatewayPageDto).data.map(
        ({ id }) => id,
      );
    for (const path of ['/api/connections', '/api/gateways']) {
      expect(await idsIn(path, target.id)).toEqual([gateway.id]);
      expect(await idsIn(path, factory.id)).not.toContain(gateway.id);
    }
    expect(await stored(gateway.id)).toMatchObject({ connection_version: 1 });
    expect([device.logins.length, device.openConnections]).toEqual([1, 1]);
    await service.http.delete(`/api/gateways/${gateway.id}`).expect(204);
    await device.close();
  });

  it('GATEWAY-04: refuses a deleted factory and one of another organization, and changes nothing', async () => {
    const gateway = await create();
    const [deleted, foreign] = [await another(), await createFactory(service.http)];
    await service.http.delete(`/api/factories/${deleted.id}`).expect(204);
    const refused = async (factory_id: string, changes: object, code: string) => {
      const answer = await service.http
        .put(`/api/gateways/${gateway.id}`)
        .send({ factory_id, ...changes })
        .expect(422);
      expect(answer.body).toMatchObject({ error: { code, details: [{ path: 'factory_id' }] } });
    };
    for (const changes of [{}, { name: 'x', url: 'ws://10.0.0.9' }, { password: 'another' }]) {
      await refused(deleted.id, changes, 'FACTORY_NOT_FOUND');
      await refused(foreign.id, changes, 'FACTORY_IN_OTHER_ORGANIZATION');
    }
    expect(await get(gateway.id)).toEqual(gateway);
  });

  it('FACTORY-05: leaves no gateway when that factory is deleted at the same time', async () => {
    const target = await another();
    const gateways = await Promise.all(Array.from({ length: 6 }, () => create()));
    const moves = gateways.map(({ id }, i) =>
      service.http
        .put(`/api/gateways/${id}?allow_duplicate`)
        .send({ factory_id: target.id, ...(i % 2 === 0 && { password: 'another' }) }),
    );
    const deletion = service.http.delete(`/api/factories/${target.id}`).expect(204);
    const answers = await Promise.all([...moves, deletion]);
    expect(answers.map(({ status }) => status).filter((code) => ![200, 204, 422].includes(code))).toEqual([]);
    expect((await list({ factory_id: target.id })).pagination.total).toBe(0);
    const connections = await service.http.get('/api/connections').query({ factory_id: target.id }).expect(200);
    expect(connections.body).toMatchObject({ data: [] });
  });
});

describe('deleting a gateway', () => {
  it('GATEWAY-05: hides it, and makes it reject changes and orders', async () => {
    const { id, name } = await create({ name: 'Doomed' });

    await service.http.delete(`/api/gateways/${id}`).expect(204, '');

    const gone = [
      service.http.get(`/api/gateways/${id}`),
      service.http.put(`/api/gateways/${id}`).send({ name: 'Back' }),
      service.http.put(`/api/gateways/${id}`).send({ password: 'Back' }),
      service.http.get(`/api/gateways/${id}/status`),
      service.http.post(`/api/gateways/${id}/connect`),
      service.http.post(`/api/gateways/${id}/disconnect`),
      service.http.delete(`/api/gateways/${id}`),
    ];
    for (const request of gone) await request.expect(404, /GATEWAY_NOT_FOUND/);
    expect(await list({ search: name })).toMatchObject({ data: [], pagination: { total: 0 } });
    await service.http.get('/api/connections?limit=100').expect(({ text }) => expect(text).not.toContain(id));
  });

  it('GATEWAY-05: frees its label, each time it is used again', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { id } = await create({ gateway_id: 'GW-AGAIN' });
      await service.http.delete(`/api/gateways/${id}`).expect(204);
    }
    await create({ gateway_id: 'GW-AGAIN' });
  });
});

describe('a database that fails', () => {
  const internalError = {
    error: {
      code: 'INTERNAL_ERROR',
      message: 'Internal error; see the service log for this request id',
      statusCode: 500,
    },
  };

  it('GATEWAY-08: leads to 500, always with the same message', async () => {
    const { id } = await create();
    await sql.query('ALTER TABLE gateways RENAME COLUMN email TO mail');
    try {
      const failing = [
        service.http.get('/api/gateways'),
        service.http.get(`/api/gateways/${id}`),
        service.http.post('/api/gateways').send(aGateway({ factory_id: factory.id })),
        service.http.put(`/api/gateways/${id}`).send({ email: 'other@example.org', password: 'other' }),
      ];
      for (const request of failing) await request.expect(500, internalError);
      expect(await status(id)).toMatchObject({ state: 'disconnected' });
    } finally {
      await sql.query('ALTER TABLE gateways RENAME COLUMN mail TO email');
    }
    await get(id);
  });
});
