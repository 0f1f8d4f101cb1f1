import type { OrganizationDto, OrganizationPageDto } from '../../src/organizations/organization.dto';
import { aGateway, createFactory, createGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';

let service: TestApp;
beforeAll(async () => (service = await startTestApp()));
afterAll(() => service.close());

async function create(body: object): Promise<OrganizationDto> {
  return (await service.http.post('/api/organizations').send(body).expect(201)).body as OrganizationDto;
}

async function list(query: string): Promise<OrganizationPageDto> {
  return (await service.http.get(`/api/organizations?${query}`).expect(200)).body as OrganizationPageDto;
}

const namesOf = ({ data }: OrganizationPageDto) => data.map(({ name }) => name);

describe('organizations', () => {
  it('API-05: creates one with a trimmed name, and answers with its location', async () => {
    const answer = await service.http.post('/api/organizations').send({ name: ' Acme \n' }).expect(201);
    const organization = answer.body as OrganizationDto;

    expect(answer.headers['location']).toBe(`/api/organizations/${organization.id}`);
    expect(organization).toStrictEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      name: 'Acme',
      metadata: {},
      gateway_networks: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      updated_at: organization.created_at,
    });
    await service.http.get(`/api/organizations/${organization.id}`).expect(200, organization);
  });

  it('DB-03: returns metadata as it was sent', async () => {
    const metadata = {
      text: 'Grüße, 密码 🔑 "quoted" \\ \n',
      numbers: [0, -1.5, 9007199254740991, -9007199254740991, 1e-7],
      others: [true, false, null, {}, []],
      '': 'a key may be empty',
      constructor: 'Siemens',
      deep: { a: { b: { c: { d: { e: { f: { g: { h: { i: { j: { k: { l: { m: { n: {} } } } } } } } } } } } } } },
    };
    const { id } = await create({ name: 'With metadata', metadata });
    const answer = await service.http.get(`/api/organizations/${id}`).expect(200);
    expect((answer.body as OrganizationDto).metadata).toStrictEqual(metadata);
  });

  it('lists them by name, page by page', async () => {
    for (const name of ['pages b', 'pages C', 'pages a']) await create({ name });

    const first = await list('search=pages&limit=2');
    const second = await list('search=pages&limit=2&offset=2');

    expect([...namesOf(first), ...namesOf(second)]).toEqual(['pages C', 'pages a', 'pages b']);
    expect(first.pagination).toEqual({
      total: 3,
      limit: 2,
      offset: 0,
      hasNext: true,
      hasPrev: false,
      next_cursor: expect.any(String) as string,
    });
    expect(second.pagination).toEqual({
      total: 3,
      limit: 2,
      offset: 2,
      hasNext: false,
      hasPrev: true,
      next_cursor: null,
    });
  });

  it('lists those with the given ids, in one page', async () => {
    const [one, , three] = [
      await create({ name: 'ids 1' }),
      await create({ name: 'ids 2' }),
      await create({ name: 'ids 3' }),
    ];
    expect(namesOf(await list(`id=${three.id}&id=${one.id.toUpperCase()}`))).toEqual(['ids 1', 'ids 3']);
    await service.http.get('/api/organizations?id=7').expect(400, /"path":"id\.0"/);
  });

  it('searches for a part of the name, and ignores case', async () => {
    await create({ name: 'Müller & Söhne' });
    expect(namesOf(await list(`search=${encodeURIComponent('LLER & SÖ')}`))).toEqual(['Müller & Söhne']);
  });
});

const offline = { desired_state: 'disconnected' };

describe('changing an organization', () => {
  it('changes only what is sent', async () => {
    const before = await create({ name: 'Acme', metadata: { a: 1 } });
    const answer = await service.http
      .put(`/api/organizations/${before.id}`)
      .send({ name: ' Acme Europe ' })
      .expect(200);
    const after = answer.body as OrganizationDto;
    expect(after).toMatchObject({
      id: before.id,
      name: 'Acme Europe',
      metadata: { a: 1 },
      created_at: before.created_at,
    });
    expect(after.updated_at > before.updated_at).toBe(true);
    await service.http.get(`/api/organizations/${before.id}`).expect(200, after);
  });
});

describe('deleting an organization', () => {
  it('deletes an empty one once, and makes it reject changes and new factories', async () => {
    const { id } = await create({ name: 'Empty' });
    await service.http.delete(`/api/organizations/${id}`).expect(204, '');
    await service.http.delete(`/api/organizations/${id}`).expect(404, /ORGANIZATION_NOT_FOUND/);
    await service.http.get(`/api/organizations/${id}`).expect(404);
    await service.http.put(`/api/organizations/${id}`).send({ name: 'Back' }).expect(404);
    const factory = { organization_id: id, name: 'Springfield' };
    await service.http
      .post('/api/factories')
      .send(factory)
      .expect(422, /ORGANIZATION_NOT_FOUND/);
  });

  it('rejects one with factories, and leaves everything unchanged', async () => {
    const factory = await createFactory(service.http);
    const path = `/api/organizations/${factory.organization_id}`;
    for (const query of ['', '?cascade=false']) {
      await service.http.delete(path + query).expect(409, /ORGANIZATION_NOT_EMPTY/);
    }
    await service.http.get(path).expect(200);
    await service.http.get(`/api/factories/${factory.id}`).expect(200);

    await service.http.delete(`/api/factories/${factory.id}`).expect(204);
    await service.http.delete(path).expect(204); // Deleted factories do not count.
  });

  it('also deletes its factories and gateways if asked, and removes them from the connections', async () => {
    const [factory, other] = [await createFactory(service.http), await createFactory(service.http)];
    const gateway = await createGateway(service.http, factory, null, offline);
    const survivor = await createGateway(service.http, other, null, offline);

    await service.http.delete(`/api/organizations/${factory.organization_id}?cascade=true`).expect(204, '');

    await service.http.get(`/api/factories/${factory.id}`).expect(404);
    await service.http.get(`/api/gateways/${gateway.id}`).expect(404);
    await service.http.get(`/api/gateways/${gateway.id}/status`).expect(404);
    await service.http.get(`/api/gateways/${survivor.id}/status`).expect(200);
    await createGateway(service.http, other, null, { ...offline, gateway_id: gateway.gateway_id });
  });

  it('leaves no factory or gateway, even if others are created, moved and deleted at the same time', async () => {
    const { id: first, organization_id } = await createFactory(service.http);
    const second = await service.http.post('/api/factories').send({ organization_id, name: 'Second' }).expect(201);
    const factories = [first, (second.body as { id: string }).id];
    const gateways = await Promise.all(factories.map((id) => createGateway(service.http, { id }, null, offline)));
    const requests = Array.from({ length: 6 }, (_, i) => [
      service.http.post('/api/factories').send({ organization_id, name: `New ${i}` }),
      service.http.post('/api/gateways').send(aGateway({ factory_id: factories[i % 2], ...offline })),
      service.http.put(`/api/gateways/${gateways[i % 2]?.id ?? ''}`).send({ factory_id: factories[(i + 1) % 2] }),
    ]).flat();
    const deletions = [
      service.http.delete(`/api/factories/${factories[0] ?? ''}`),
      service.http.delete(`/api/organizations/${organization_id}?cascade`).expect(204),
    ];

    const answers = await Promise.all([...requests, ...deletions]);

    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => ![200, 201, 204, 404, 422].includes(status))).toEqual([]);
    const left = await service.http.get('/api/factories').query({ organization_id }).expect(200);
    expect(left.body).toMatchObject({ pagination: { total: 0 } });
    for (const factory_id of factories) {
      for (const path of ['/api/gateways', '/api/connections']) {
        const list = await service.http.get(path).query({ factory_id }).expect(200);
        expect(list.body).toMatchObject({ data: [], pagination: { total: 0 } });
      }
    }
  });
});
