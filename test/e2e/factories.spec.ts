import { Client } from 'pg';
import type { ConnectionPageDto } from '../../src/status/connection-status.dto';
import type { FactoryDto, FactoryPageDto } from '../../src/factories/factory.dto';
import { aGateway, createFactory, createGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';

interface Document {
  components: { schemas: Record<string, { properties: object; additionalProperties?: boolean }> };
}

type Factory = Pick<FactoryDto, keyof FactoryDto>;

let service: TestApp;
beforeAll(async () => (service = await startTestApp()));
afterAll(() => service.close());

const offline = { desired_state: 'disconnected' };
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** A factory in an organization of its own, so that a test can list what is there. */
async function aFactory(changes: object = {}): Promise<Factory> {
  const { id } = await createFactory(service.http, changes);
  return get(id);
}

async function get(id: string): Promise<Factory> {
  return (await service.http.get(`/api/factories/${id}`).expect(200)).body as Factory;
}

async function put(id: string, changes: object): Promise<Factory> {
  return (await service.http.put(`/api/factories/${id}`).send(changes).expect(200)).body as Factory;
}

async function list(query: Record<string, string>): Promise<FactoryPageDto> {
  return (await service.http.get('/api/factories').query(query).expect(200)).body as FactoryPageDto;
}

/** Factories of these names, in one organization, whose id it gives. */
async function createNamed(...names: string[]): Promise<string> {
  const { organization_id } = await aFactory({ name: names[0] });
  for (const name of names.slice(1)) {
    await service.http.post('/api/factories').send({ organization_id, name }).expect(201);
  }
  return organization_id;
}

const namesOf = ({ data }: FactoryPageDto) => data.map(({ name }) => name);

describe('creating a factory', () => {
  it('FACTORY-01: applies the defaults, and answers with its location', async () => {
    const organization = await service.http.post('/api/organizations').send({ name: 'Acme' });
    const { id: organization_id } = organization.body as { id: string };

    const answer = await service.http.post('/api/factories').send({ organization_id, name: ' North\t' }).expect(201);

    const factory = answer.body as Factory;
    expect(answer.headers['location']).toBe(`/api/factories/${factory.id}`);
    expect(factory).toStrictEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      organization_id,
      name: 'North',
      location: null,
      timezone: 'UTC',
      metadata: {},
      created_at: expect.stringMatching(/Z$/) as string,
      updated_at: factory.created_at,
    });
    await service.http.get(`/api/factories/${factory.id}`).expect(200, factory);
  });

  it('FACTORY-01: stores every field that is sent, trimmed', async () => {
    const factory = await aFactory({ location: '  Hall 3 ', timezone: ' Europe/Madrid ', metadata: { floors: 2 } });
    expect(factory).toMatchObject({ location: 'Hall 3', timezone: 'Europe/Madrid', metadata: { floors: 2 } });
  });

  it('FACTORY-01, FACTORY-04: stores empty text as null where null is allowed', async () => {
    const factory = await aFactory({ location: ' ' });
    expect(factory.location).toBeNull();
    await put(factory.id, { location: 'Hall 3' });
    expect((await put(factory.id, { location: '' })).location).toBeNull();
  });

  it.each(['UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'Asia/Kolkata'])(
    'FACTORY-07: accepts the time zone %s',
    async (timezone) => {
      expect(await aFactory({ timezone })).toMatchObject({ timezone });
    },
  );

  it('FACTORY-09: answers with exactly the documented fields, and documents that it refuses others', async () => {
    const document = (await service.http.get('/docs-json').expect(200)).body as Document;
    const { Factory, CreateFactory, UpdateFactory } = document.components.schemas;

    expect(Object.keys(Factory?.properties ?? {})).toEqual(Object.keys(await aFactory()));
    expect([CreateFactory?.additionalProperties, UpdateFactory?.additionalProperties]).toEqual([false, false]);
  });
});

describe('listing factories', () => {
  it('FACTORY-02: pages through all of them, ordered by name, then id', async () => {
    const organization_id = await createNamed('b', 'a', 'ä', 'B', 'a', '10', '9');
    const all = await list({ organization_id, limit: '100' });
    expect(namesOf(all)).toEqual(['10', '9', 'B', 'a', 'a', 'b', 'ä']);
    expect(all.pagination).toEqual({
      total: 7,
      limit: 100,
      offset: 0,
      hasNext: false,
      hasPrev: false,
      next_cursor: null,
    });
    const twins = all.data.filter(({ name }) => name === 'a').map(({ id }) => id);
    expect(twins).toEqual([...twins].sort());

    const pages = await Promise.all(['0', '3', '6'].map((offset) => list({ organization_id, limit: '3', offset })));

    expect(pages.flatMap(({ data }) => data)).toEqual(all.data);
    expect(pages.map(({ pagination: { hasPrev, hasNext } }) => [hasPrev, hasNext])).toEqual([
      [false, true],
      [true, true],
      [true, false],
    ]);
  });

  it('FACTORY-02: returns the total with a page beyond the end, too', async () => {
    const organization_id = await createNamed('a', 'b');
    const { data, pagination } = await list({ organization_id, offset: '100' });
    expect(data).toEqual([]);
    expect(pagination).toEqual({ total: 2, limit: 20, offset: 100, hasNext: false, hasPrev: true, next_cursor: null });
  });

  it('FACTORY-02: returns 20 by default', async () => {
    const organization_id = await createNamed(...Array.from({ length: 21 }, (_, i) => `Factory ${i}`));
    const { data, pagination } = await list({ organization_id });
    expect(data).toHaveLength(20);
    expect(pagination).toEqual({
      total: 21,
      limit: 20,
      offset: 0,
      hasNext: true,
      hasPrev: false,
      next_cursor: expect.any(String) as string,
    });
  });

  it('FACTORY-02: lists those of one organization, and none of an unknown one', async () => {
    const organization_id = await createNamed('Ours');
    await createNamed('Theirs');
    expect(namesOf(await list({ organization_id }))).toEqual(['Ours']);
    expect(namesOf(await list({ organization_id: organization_id.toUpperCase() }))).toEqual(['Ours']);
    expect(await list({ organization_id: NOBODY })).toMatchObject({ data: [], pagination: { total: 0 } });
  });

  it('FACTORY-02: lists those with the given ids, and their names, in one page', async () => {
    const organization_id = await createNamed('a', 'b', 'c');
    const [a, , c] = (await list({ organization_id })).data.map(({ id }) => id) as [string, string, string];
    const listIds = async (...ids: string[]) =>
      (await service.http.get('/api/factories').query({ id: ids }).expect(200)).body as FactoryPageDto;
    expect(await listIds(c, a, NOBODY)).toMatchObject({
      data: [{ name: 'a' }, { name: 'c' }],
      pagination: { total: 2 },
    });
    expect(namesOf(await listIds(a.toUpperCase()))).toEqual(['a']);
    await service.http.get('/api/factories?id=7').expect(400, /"path":"id\.0"/);
    const many = Array.from({ length: 101 }, () => a);
    expect(namesOf(await listIds(...many.slice(1)))).toEqual(['a']);
    await service.http.get('/api/factories').query({ id: many }).expect(400);
  });

  it.each([
    ['münchen', ['Halle MÜNCHEN', 'Halle München']],
    ['E MÜ', ['Halle MÜNCHEN', 'Halle München']],
    ['завод', ['Завод 1']],
    ['0%', ['100% steel']],
    ['a_b', ['a_b']],
    ['c\\d', ['c\\d']],
    ['\\', ['c\\d']],
    ['%', ['100% steel']],
    ["o'", ["O'Neill"]],
    ['nothing', []],
  ])('FACTORY-02: searches for %j literally, and ignores case', async (search, expected) => {
    const names = ['100 steel', '100% steel', 'Halle MÜNCHEN', 'Halle München', "O'Neill", 'a_b', 'aXb', 'c/d', 'c\\d'];
    const organization_id = await createNamed(...names, 'Завод 1');
    const { data, pagination } = await list({ organization_id, search });
    expect(data.map(({ name }) => name)).toEqual(expected);
    expect(pagination.total).toBe(expected.length);
  });
});

describe('changing a factory', () => {
  it('FACTORY-03: finds one by its id, and ignores case', async () => {
    const factory = await aFactory();
    await service.http.get(`/api/factories/${factory.id.toUpperCase()}`).expect(200, factory);
  });

  it('FACTORY-04: changes only what is sent, and updated_at', async () => {
    const before = await aFactory({ location: 'Hall 3', timezone: 'Europe/Madrid', metadata: { a: 1 } });

    const after = await put(before.id, { name: ' Renamed ' });

    expect(after).toEqual({ ...before, name: 'Renamed', updated_at: after.updated_at });
    expect(after.updated_at > before.updated_at).toBe(true);
    expect(await get(before.id)).toEqual(after);
  });

  it('FACTORY-04: null clears a field, and metadata is replaced as a whole', async () => {
    const { id } = await aFactory({ location: 'Hall 3', metadata: { a: 1, b: { c: 2 } } });
    expect(await put(id, { location: null, metadata: { b: {} } })).toMatchObject({ location: null });
    expect((await get(id)).metadata).toStrictEqual({ b: {} });
  });

  it('FACTORY-04: sending the same values again changes nothing', async () => {
    const factory = await aFactory({ location: 'Hall 3', metadata: { a: 1 } });
    const { name, location, timezone, metadata } = factory;
    expect(await put(factory.id, { name, location, timezone, metadata })).toEqual(factory);
  });

  it('FACTORY-07: a stored time zone that is no longer accepted stays readable, and may be sent back', async () => {
    const { id } = await aFactory();
    const sql = new Client({ connectionString: service.database.url });
    await sql.connect();
    await sql.query(`UPDATE factories SET timezone = 'CST' WHERE id = $1`, [id]);
    await sql.end();

    const { name, location, timezone, metadata } = await get(id);
    expect(await put(id, { name: `${name} 2`, location, timezone, metadata })).toMatchObject({ timezone: 'CST' });
    const answer = await service.http.put(`/api/factories/${id}`).send({ timezone: 'PST' }).expect(400);
    expect(answer.body).toMatchObject({ error: { code: 'VALIDATION_ERROR', details: [{ path: 'timezone' }] } });
    expect(await put(id, { timezone: 'US/Central' })).toMatchObject({ timezone: 'US/Central' });
    await service.http.put(`/api/factories/${id}`).send({ timezone: 'CST' }).expect(400);
  });
});

describe('deleting a factory', () => {
  it('FACTORY-05: also deletes its gateways, and removes them from the connections', async () => {
    const [doomed, other] = [await aFactory(), await aFactory()];
    const gateways = [
      await createGateway(service.http, doomed, null, offline),
      await createGateway(service.http, doomed, null, offline),
    ];
    const survivor = await createGateway(service.http, other, null, offline);

    await service.http.delete(`/api/factories/${doomed.id}`).expect(204, '');

    const connections = await service.http.get('/api/connections?limit=100').expect(200);
    expect((connections.body as ConnectionPageDto).data.map(({ id }) => id)).toEqual([survivor.id]);
    for (const { id } of gateways) {
      await service.http.get(`/api/gateways/${id}`).expect(404);
      await service.http.get(`/api/gateways/${id}/status`).expect(404);
    }
    await service.http.get(`/api/gateways/${survivor.id}`).expect(200);
  });

  it('FACTORY-05: frees the labels of its gateways', async () => {
    const [doomed, other] = [await aFactory(), await aFactory()];
    const { gateway_id } = await createGateway(service.http, doomed, null, offline);

    await service.http.delete(`/api/factories/${doomed.id}`).expect(204);

    await createGateway(service.http, other, null, { ...offline, gateway_id });
  });

  it('FACTORY-05: leaves no gateway, even if many are being created at the same time', async () => {
    const { id: factory_id } = await aFactory();
    const creations = Array.from({ length: 12 }, () =>
      service.http.post('/api/gateways').send(aGateway({ factory_id, ...offline })),
    );
    const deletion = service.http.delete(`/api/factories/${factory_id}`).expect(204);

    const answers = await Promise.all([...creations, deletion]);

    expect(answers.map(({ status }) => status).filter((status) => ![201, 204, 422].includes(status))).toEqual([]);
    for (const path of ['/api/gateways', '/api/connections']) {
      const left = await service.http.get(path).query({ factory_id }).expect(200);
      expect(left.body).toMatchObject({ data: [], pagination: { total: 0 } });
    }
  });

  it('FACTORY-06: hides it, and makes it reject changes and new gateways', async () => {
    const { id, organization_id, name } = await aFactory();
    await service.http.delete(`/api/factories/${id}`).expect(204);

    await service.http.get(`/api/factories/${id}`).expect(404, /FACTORY_NOT_FOUND/);
    await service.http
      .put(`/api/factories/${id}`)
      .send({ name: 'Back' })
      .expect(404, /FACTORY_NOT_FOUND/);
    await service.http
      .post('/api/gateways')
      .send(aGateway({ factory_id: id, ...offline }))
      .expect(422, /FACTORY_NOT_FOUND/);
    expect(await list({ organization_id })).toMatchObject({ data: [], pagination: { total: 0 } });
    expect((await list({ search: name, limit: '100' })).data.map((factory) => factory.id)).not.toContain(id);
  });

  it('FACTORY-08: answers 404 the second time', async () => {
    const { id } = await aFactory();
    await service.http.delete(`/api/factories/${id}`).expect(204);
    await service.http.delete(`/api/factories/${id}`).expect(404, /FACTORY_NOT_FOUND/);
  });
});
