import type { OrganizationDto, OrganizationPageDto } from '../../src/organizations/organization.dto';
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
  it('API-05: creates one, trimmed, and says where it is', async () => {
    const answer = await service.http.post('/api/organizations').send({ name: ' Acme \n' }).expect(201);
    const organization = answer.body as OrganizationDto;

    expect(answer.headers['location']).toBe(`/api/organizations/${organization.id}`);
    expect(organization).toStrictEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      name: 'Acme',
      metadata: {},
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      updated_at: organization.created_at,
    });
    await service.http.get(`/api/organizations/${organization.id}`).expect(200, organization);
  });

  it('DB-03: gives metadata back as it was sent', async () => {
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

  it('finds a part of the name in any case', async () => {
    await create({ name: 'Müller & Söhne' });
    expect(namesOf(await list(`search=${encodeURIComponent('LLER & SÖ')}`))).toEqual(['Müller & Söhne']);
  });
});
