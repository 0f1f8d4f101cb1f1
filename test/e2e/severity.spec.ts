import { KeyedService } from '../support/keyed-service';
import { aRecord } from '../integration/support/readings';
import { createFactory, createGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { queryDatabase } from '../support/database';
import { storeReadings } from '../support/readings';

const ISO = [
  ['ISO 20816-3', '1', 'rigid', 2.3, 4.5, 7.1],
  ['ISO 20816-3', '1', 'flexible', 3.5, 7.1, 11],
  ['ISO 20816-3', '2', 'rigid', 1.4, 2.8, 4.5],
  ['ISO 20816-3', '2', 'flexible', 2.3, 4.5, 7.1],
] as const;

interface Limits {
  readonly standard: string;
  readonly group: string;
  readonly support: string;
  readonly boundaries_mm_s: { readonly ab: number; readonly bc: number; readonly cd: number };
  readonly note: string | null;
}

const own: Limits = {
  ...{ standard: 'Works rule 7', group: 'fans', support: 'flexible', note: null },
  boundaries_mm_s: { ab: 1, bc: 2, cd: 3 },
};

describe('GET and PUT /api/severity-limits', () => {
  let hub: TestApp;

  beforeEach(async () => {
    hub = await startTestApp();
  });
  afterEach(() => hub.close());

  const read = async () => {
    const response = await hub.http.get('/api/severity-limits').expect(200);
    return { data: (response.body as { data: Limits[] }).data, tag: response.headers['etag'] };
  };
  const put = (data: unknown) => hub.http.put('/api/severity-limits').send({ data });
  const audit = async () => {
    const response = await hub.http.get('/api/audit?object_type=severity_limit').expect(200);
    return (response.body as { data: { action: string; changes: unknown; organization_id: string | null }[] }).data;
  };

  it('begin with ISO 20816-3, each with a note to check it', async () => {
    const { data, tag } = await read();
    expect(tag).toBe('"rev-1"');
    expect(
      data.map(({ standard, group, support, boundaries_mm_s: { ab, bc, cd } }) => [
        standard,
        group,
        support,
        ab,
        bc,
        cd,
      ]),
    ).toEqual(ISO);
    for (const { note } of data) expect(note).toContain('Check these values against the edition of the standard');
  });

  it('are replaced as a whole, and every change is in the audit log', async () => {
    const { data } = await read();
    const [first, second, third] = data as [Limits, Limits, Limits];
    const changed = { ...first, boundaries_mm_s: { ...first.boundaries_mm_s, ab: 2.4 }, note: '  ' };
    const response = await put([own, changed, second, third]).expect(200);
    const body = response.body as object;
    expect(response.headers['etag']).toBe('"rev-2"');
    expect(body).toEqual({ data: [{ ...changed, note: null }, second, third, own] });
    expect(await read()).toEqual({ ...body, tag: '"rev-2"' });
    expect(
      (await audit()).map(({ action, changes, organization_id }) => [action, changes, organization_id]).sort(),
    ).toEqual([
      [
        'severity_limit.create',
        {
          ...{ standard: [null, 'Works rule 7'], group: [null, 'fans'], support: [null, 'flexible'] },
          ...{ boundary_ab: [null, 1], boundary_bc: [null, 2], boundary_cd: [null, 3] },
        },
        null,
      ],
      ['severity_limit.delete', expect.objectContaining({ group: ['2', null], support: ['flexible', null] }), null],
      ['severity_limit.update', { boundary_ab: [2.3, 2.4], note: [first.note, null] }, null],
    ]);
  });

  it('keep their revision if nothing differs, whatever the order', async () => {
    const { data } = await read();
    const { headers } = await put(data.toReversed()).expect(200);
    expect([headers['etag'], await audit()]).toEqual(['"rev-1"', []]);
  });

  it('are not replaced if they have changed since they were read', async () => {
    const { data, tag } = await read();
    await put([own])
      .set('if-match', tag ?? '')
      .expect(200);
    const refused = await put(data)
      .set('if-match', tag ?? '')
      .expect(412);
    expect((refused.body as { error: { code: string } }).error.code).toBe('PRECONDITION_FAILED');
    expect((await read()).data).toEqual([own]);
    await put(data).set('if-match', '*').expect(200);
  });

  it('of two replacements at the same time, one wins', async () => {
    const { data, tag } = await read();
    const answers = await Promise.all([[own], data.slice(1)].map((each) => put(each).set('if-match', tag ?? '')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it.each([
    ['no limits', []],
    ['the same machines twice', [own, { ...own, note: 'again' }]],
    ['boundaries that do not increase', [{ ...own, boundaries_mm_s: { ab: 2, bc: 2, cd: 3 } }]],
    ['a boundary of zero', [{ ...own, boundaries_mm_s: { ab: 0, bc: 2, cd: 3 } }]],
    ['a missing boundary', [{ ...own, boundaries_mm_s: { ab: 1, bc: 2 } }]],
    ['an unknown support', [{ ...own, support: 'soft' }]],
    ['an unknown field', [{ ...own, colour: 'red' }]],
  ])('refuse %s', async (_, data) => {
    await put(data).expect(400);
  });
});

it('only an admin key of the whole installation changes the limits; every key reads them', async () => {
  const service = await KeyedService.start();
  const organization = await service.organization('Ours');
  const roles = [{ role: 'viewer' }, { role: 'operator' }, { role: 'admin', organization_id: organization }];
  const secrets = await Promise.all(roles.map(async (role) => (await service.make(role)).secret));
  for (const secret of secrets) {
    await service.get('/api/severity-limits', secret).expect(200);
    await service
      .send('put', '/api/severity-limits', secret)
      .send({ data: [own] })
      .expect(403);
  }
  await service
    .send('put', '/api/severity-limits')
    .send({ data: [own] })
    .expect(200);
  await service.close();
});

describe('GET /api/readings/:id/severity', () => {
  let hub: TestApp;
  let serial = 100;
  let gateway: { id: string };

  beforeAll(async () => {
    hub = await startTestApp();
    gateway = await createGateway(hub.http, await createFactory(hub.http), null, { desired_state: 'disconnected' });
  });
  afterAll(() => hub.close());

  /** Samples in g of 100 Hz with this velocity RMS in mm/s. */
  const toneOf = (velocity: number, length = 6400) =>
    Float64Array.from(
      { length },
      (_, n) => ((velocity * Math.SQRT2 * 200 * Math.PI) / 9806.65) * Math.sin((2 * Math.PI * n) / 64),
    );

  async function aReading(axes: Partial<Record<'x' | 'y' | 'z', Float64Array>>): Promise<string> {
    serial += 1;
    await storeReadings(hub.app, [aRecord(gateway.id, { serial, recordId: serial })]);
    await queryDatabase(hub.database, `UPDATE sensors SET fs_hz = 6400 WHERE serial = ${serial}`);
    const [stored] = await storeReadings(hub.app, [
      aRecord(gateway.id, { kind: 'vibration', serial, recordId: serial, axes }),
    ]);
    return stored?.id ?? '';
  }
  const severityOf = async (id: string, query = 'group=1&support=rigid', status = 200) =>
    (await hub.http.get(`/api/readings/${id}/severity?${query}`).expect(status)).body as Record<string, unknown>;

  it('has the zone of each axis, that of the worst one, and the limits with their standard', async () => {
    const id = await aReading({ x: toneOf(2), y: toneOf(5), z: toneOf(4) });
    const { limits, ...severity } = await severityOf(id);
    const velocity = (value: number) => expect.closeTo(value, 2) as number;
    expect(severity).toEqual({
      reading_id: id,
      zone: 'C',
      axes: {
        x: { velocity_rms: velocity(2), zone: 'A', reason: null },
        y: { velocity_rms: velocity(5), zone: 'C', reason: null },
        z: { velocity_rms: velocity(4), zone: 'B', reason: null },
      },
    });
    expect(limits).toMatchObject({
      standard: 'ISO 20816-3',
      group: '1',
      boundaries_mm_s: { ab: 2.3, bc: 4.5, cd: 7.1 },
    });
    expect(await severityOf(id, 'group=2&support=rigid')).toMatchObject({ zone: 'D' });
  });

  it('has no zone without a valid velocity, and says why', async () => {
    const id = await aReading({ x: toneOf(20), y: toneOf(5, 640) });
    expect(await severityOf(id)).toMatchObject({
      zone: null,
      axes: { x: { zone: 'D' }, y: { velocity_rms: null, zone: null, reason: 'not_computed' } },
    });
    const short = await aReading({ x: toneOf(20, 640) });
    expect(await severityOf(short)).toMatchObject({
      zone: null,
      axes: { x: { zone: null, reason: 'record_too_short' } },
    });
    const [temperature] = await storeReadings(hub.app, [aRecord(gateway.id, { serial, recordId: 9 })]);
    expect(await severityOf(temperature?.id ?? '')).toMatchObject({ zone: null, axes: {} });
  });

  it('needs limits that are stored', async () => {
    const id = await aReading({ x: toneOf(2) });
    const codeOf = async (query: string, status: number) =>
      ((await severityOf(id, query, status))['error'] as { code: string }).code;
    expect(await codeOf('group=3&support=rigid', 422)).toBe('SEVERITY_LIMITS_NOT_FOUND');
    expect(await codeOf('group=1&support=rigid&standard=ISO%2010816-7', 422)).toBe('SEVERITY_LIMITS_NOT_FOUND');
    expect(await codeOf('group=1', 400)).toBe('VALIDATION_ERROR');
  });
});
