import type { AuditPageDto, AuditRecordDto } from '../../src/audit/audit.dto';
import { AuditTrail } from '../../src/audit/audit-trail';
import { RefusedRequests } from '../../src/audit/refused-requests';
import { aGateway, LOGIN } from '../support/builders';
import { aDevice, aHub } from '../support/hub';

const NOBODY = '00000000-0000-4000-8000-000000000000';

const hub = aHub();

async function audit(query = ''): Promise<AuditPageDto> {
  return (await hub.http.get(`/api/audit?limit=100${query}`).expect(200)).body as AuditPageDto;
}

async function recordsOf(query: string): Promise<AuditRecordDto[]> {
  return (await audit(query)).data;
}

const actionsOf = async (query: string) => (await recordsOf(query)).map(({ action }) => action);

describe('GET /api/audit', () => {
  it('SEC-21: says who did what, when, from where, and what changed', async () => {
    const gateway = await hub.create(null, { desired_state: 'disconnected', name: 'Press line' });
    await hub.http
      .put(`/api/gateways/${gateway.id}`)
      .set({ 'x-request-id': 'order-17', 'user-agent': 'a client/1.0' })
      .send({ name: 'Press line 4', password: 'another secret' })
      .expect(200);

    const [record] = await recordsOf(`&object_id=${gateway.id}`);

    expect(record).toEqual({
      id: expect.any(String) as string,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      actor: { kind: 'anonymous', id: 'anonymous', name: 'anonymous' },
      organization_id: expect.any(String) as string,
      action: 'gateway.update',
      object_type: 'gateway',
      object_id: gateway.id,
      changes: { name: ['Press line', 'Press line 4'], password: ['[secret]', '[secret]'] },
      outcome: 'done',
      request_id: 'order-17',
      address: '127.0.0.1',
      user_agent: 'a client/1.0',
    });
    expect(await recordsOf('&request_id=order-17')).toEqual([record]);
  });

  it('SEC-21: records orders, those that change nothing too, and no repeated PUT', async () => {
    const gateway = await hub.create(null, { desired_state: 'disconnected' });
    await hub.order(gateway, 'disconnect');
    await hub.put(gateway, { name: gateway.name, metadata: {} });
    await hub.put(gateway, { name: gateway.name, metadata: {} });
    await hub.delete(gateway);

    const records = await recordsOf(`&object_id=${gateway.id}`);
    expect(records.map(({ action }) => action)).toEqual(['gateway.delete', 'gateway.disconnect', 'gateway.create']);
    expect(records.every(({ address, request_id }) => address === '127.0.0.1' && request_id !== null)).toBe(true);
  });

  it('SEC-21: filters by action, type, actor and time', async () => {
    const gateway = await hub.create(null, { desired_state: 'disconnected' });
    const [record] = await recordsOf(`&object_id=${gateway.id}`);
    const at = record?.at ?? '';
    const later = new Date(Date.parse(at) + 1).toISOString();
    const query = `&object_id=${gateway.id}`;

    expect(await actionsOf(`${query}&action=gateway.create&object_type=gateway&actor_id=anonymous`)).toEqual([
      'gateway.create',
    ]);
    expect(await actionsOf(`${query}&from=${at}&to=${later}`)).toEqual(['gateway.create']);
    for (const none of ['action=gateway.delete', 'object_type=factory', 'actor_id=x', `from=${later}`, `to=${at}`])
      expect(await actionsOf(`${query}&${none}`)).toEqual([]);
  });

  it('SEC-21: is paged by cursor, with each record once, even while new ones arrive', async () => {
    const gateway = await hub.create(null, { desired_state: 'disconnected' });
    for (let n = 0; n < 10; n += 1) await hub.put(gateway, { name: `Gateway ${n}` });

    const all = (await recordsOf(`&object_id=${gateway.id}`)).map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = `?limit=3&object_id=${gateway.id}${cursor && `&cursor=${cursor}`}`;
      const { data, pagination } = (await hub.http.get(`/api/audit${query}`).expect(200)).body as AuditPageDto;
      seen.push(...data.map(({ id }) => id));
      cursor = pagination.next_cursor;
      await hub.put(gateway, { name: `Later ${seen.length}` });
    }
    expect(seen).toEqual(all);
    expect(all).toHaveLength(11);
  });

  it.each([
    'cursor=x',
    'action=gateway.steal',
    'object_id=7',
    'from=yesterday',
    'to=2026-02-30T00:00:00Z',
    'limit=101',
    'search=x',
  ])('SEC-21: refuses ?%s', async (query) => {
    const { body } = (await hub.http.get(`/api/audit?${query}`).expect(400)) as { body: object };
    expect(body).toMatchObject({ error: { code: 'VALIDATION_ERROR', details: [{ path: query.split('=')[0] }] } });
  });

  it('SEC-21: can only be read', async () => {
    for (const method of ['post', 'put', 'delete'] as const) await hub.http[method]('/api/audit').expect(404);
    const [record] = await recordsOf('');
    await hub.http.delete(`/api/audit/${record?.id ?? ''}`).expect(404);
  });

  it('SEC-08: an actor of an organization sees the records of its organization only', async () => {
    const trail = hub.app.get(AuditTrail);
    const gateway = await hub.create(null, { desired_state: 'disconnected' });
    const [record] = await recordsOf(`&object_id=${gateway.id}`);
    const organizationId = record?.organization_id ?? null;
    await hub.http.post('/api/organizations').send({ name: 'Umbra' }).expect(201);

    const own = await trail.findPage({ organizationId }, { limit: 100 });
    expect(own.items.length).toBeGreaterThan(0);
    expect(new Set(own.items.map((record) => record.organizationId))).toEqual(new Set([organizationId]));
    const foreign = await trail.findPage({ organizationId: NOBODY }, { limit: 100, objectId: gateway.id });
    expect(foreign.items).toEqual([]);
  });
});

describe('a connection test', () => {
  it('SEC-21: of a stored gateway is recorded with where it went, not with its result', async () => {
    const device = await aDevice();
    const gateway = await hub.create(device, { desired_state: 'disconnected' });
    const path = `${device.url}/private?token=hidden`;
    await hub.http.post(`/api/gateways/${gateway.id}/test`).send({ url: path }).expect(200);

    const [record] = await recordsOf(`&object_id=${gateway.id}`);
    expect(record).toMatchObject({
      action: 'gateway.test',
      object_type: 'gateway',
      changes: { origin: [null, new URL(device.url).origin] },
      outcome: 'done',
      address: '127.0.0.1',
    });
    expect(record?.organization_id).not.toBeNull();
    expect(record?.request_id).not.toBeNull();
    expect(JSON.stringify(record)).not.toMatch(/private|hidden|correct horse|resolve|login/);
  });

  it('SEC-21: of a draft is recorded before it is dialled, also if it fails', async () => {
    const body = aGateway({ factory_id: hub.factory().id, url: 'ws://127.0.0.1:9/draft' });
    await hub.http.post('/api/gateways/test').set('x-request-id', 'draft-1').send(body).expect(200);

    const records = await recordsOf('&request_id=draft-1');
    expect(records).toMatchObject([
      { action: 'gateway.test_draft', object_id: null, changes: { origin: [null, 'ws://127.0.0.1:9'] } },
    ]);
    expect(JSON.stringify(records)).not.toContain(LOGIN.password);
  });

  it('SEC-21: that cannot be recorded is not run', async () => {
    const device = await aDevice();
    const body = aGateway({ factory_id: hub.factory().id, url: device.url });
    const record = jest.spyOn(hub.app.get(AuditTrail), 'record').mockRejectedValueOnce(new Error('the disk is full'));
    await hub.http.post('/api/gateways/test').send(body).expect(500);
    record.mockRestore();
    expect(device.logins).toEqual([]);

    await hub.http.post('/api/gateways/test').send(body).expect(200);
    expect(device.logins).toHaveLength(1);
  });

  it('SEC-21: that is refused by a rule is not recorded', async () => {
    const body = aGateway({ factory_id: hub.factory().id, url: 'ws://169.254.1.1:80' });
    await hub.http.post('/api/gateways/test').set('x-request-id', 'refused-1').send(body).expect(422);
    expect(await recordsOf('&request_id=refused-1')).toEqual([]);
  });
});

describe('refused requests', () => {
  it('SEC-21: of unknown callers are counted, one record for many', async () => {
    const forged = () =>
      hub.http.post('/api/organizations').set('origin', 'https://evil.example').send({ name: 'Forged' }).expect(403);
    for (let n = 0; n < 3; n += 1) await forged();
    await hub.app.get(RefusedRequests).flush();

    expect(await recordsOf('&action=auth.refused')).toMatchObject([
      {
        actor: { kind: 'anonymous' },
        organization_id: null,
        object_type: null,
        changes: { status: [null, 403], count: [null, 3] },
        outcome: 'refused',
        address: '127.0.0.1',
      },
    ]);
  });
});
