import { randomUUID } from 'node:crypto';
import { queryDatabase } from '../support/database';
import { aHub } from '../support/hub';
import { aGateway, createFactory, createOrganization } from '../support/builders';

const hub = aHub();

interface Row {
  readonly id: string;
  readonly name: string;
}

const onDatabase = (sql: string): Promise<unknown[]> => queryDatabase(hub.database, sql);

/** One resource of each kind, by the path of its collection. */
async function aRowOfEach(): Promise<[collection: string, id: string][]> {
  const organization = await createOrganization(hub.http);
  const factory = await createFactory(hub.http);
  const gateway = await hub.create(null, { desired_state: 'disconnected' });
  return [
    ['organizations', organization.id],
    ['factories', factory.id],
    ['gateways', gateway.id],
  ];
}

/** The body of a create, by the path of its collection. */
function aBodyOfEach(organizationId: string, factoryId: string): [collection: string, body: object][] {
  return [
    ['organizations', { name: 'Acme' }],
    ['factories', { organization_id: organizationId, name: 'Springfield' }],
    ['gateways', aGateway({ factory_id: factoryId, desired_state: 'disconnected' })],
  ];
}

describe('entity tags', () => {
  it('SEC-22: names the revision in the responses to GET, POST and PUT, and a change increments it', async () => {
    for (const [collection, id] of await aRowOfEach()) {
      const path = `/api/${collection}/${id}`;
      expect((await hub.http.get(path).expect(200)).headers['etag']).toBe('"rev-1"');
      expect((await hub.http.put(path).send({ name: 'Other' }).expect(200)).headers['etag']).toBe('"rev-2"');
      expect((await hub.http.put(path).send({ name: 'Other' }).expect(200)).headers['etag']).toBe('"rev-2"');
      expect((await hub.http.get(path).expect(200)).headers['etag']).toBe('"rev-2"');
    }
    const created = await hub.http.post('/api/organizations').send({ name: 'Acme' }).expect(201);
    expect(created.headers['etag']).toBe('"rev-1"');
  });

  it('SEC-22: a change with the tag of an earlier revision is a 412 with the present tag, and changes nothing', async () => {
    for (const [collection, id] of await aRowOfEach()) {
      const path = `/api/${collection}/${id}`;
      await hub.http.put(path).set('if-match', '"rev-1"').send({ name: 'First' }).expect(200);
      const late = await hub.http
        .put(path)
        .set('if-match', '"rev-1"')
        .send({ name: 'Second' })
        .expect(412, /PRECONDITION_FAILED/);
      expect(late.headers['etag']).toBe('"rev-2"');
      await hub.http
        .delete(path)
        .set('if-match', '"rev-1"')
        .expect(412, /PRECONDITION_FAILED/);
      expect((await hub.http.get(path).expect(200)).body).toMatchObject({ name: 'First' });

      await hub.http.put(path).set('if-match', '"rev-7", "rev-2"').send({ name: 'Third' }).expect(200);
      await hub.http.delete(path).set('if-match', '"rev-3"').expect(204);
    }
  });

  it('SEC-22: a gateway whose url changes obeys the tag too', async () => {
    const { id } = await hub.create(null, { desired_state: 'disconnected' });
    const path = `/api/gateways/${id}`;
    await hub.http.put(path).set('if-match', '"rev-2"').send({ url: 'ws://10.0.0.9' }).expect(412);
    await hub.http.put(path).set('if-match', '"rev-1"').send({ url: 'ws://10.0.0.9' }).expect(200);
  });

  it.each(['*', ' * '])('SEC-22: If-Match %j accepts any revision', async (tag) => {
    const { id } = await createOrganization(hub.http);
    await hub.http.put(`/api/organizations/${id}`).set('if-match', tag).send({ name: 'Other' }).expect(200);
  });

  it.each(['W/"rev-1"', 'rev-1', '"rev-x"', '""'])('SEC-22: If-Match %j matches no revision', async (tag) => {
    const { id } = await createOrganization(hub.http);
    await hub.http.put(`/api/organizations/${id}`).set('if-match', tag).send({ name: 'Other' }).expect(412);
  });

  it('SEC-22: a missing resource is a 404 with any tag', async () => {
    const path = `/api/organizations/${randomUUID()}`;
    await hub.http.put(path).set('if-match', '"rev-1"').send({ name: 'Other' }).expect(404);
    await hub.http.delete(path).set('if-match', '"rev-1"').expect(404);
  });

  it('SEC-22: of many concurrent changes of one revision, one succeeds', async () => {
    for (const [collection, id] of await aRowOfEach()) {
      const changes = Array.from({ length: 10 }, (_, n) =>
        hub.http
          .put(`/api/${collection}/${id}`)
          .set('if-match', '"rev-1"')
          .send({ name: `Name ${n}` }),
      );
      const statuses = (await Promise.all(changes)).map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array<number>(9).fill(412)]);
    }
  });
});

describe('REQUIRE_IF_MATCH', () => {
  const strict = aHub({ REQUIRE_IF_MATCH: 'true' });

  it('SEC-22: a change without If-Match is a 428', async () => {
    const { id } = await createOrganization(strict.http);
    const path = `/api/organizations/${id}`;
    await strict.http
      .put(path)
      .send({ name: 'Other' })
      .expect(428, /PRECONDITION_REQUIRED/);
    await strict.http.delete(path).expect(428, /PRECONDITION_REQUIRED/);
    await strict.http.put(path).set('if-match', '"rev-1"').send({ name: 'Other' }).expect(200);
    await strict.http.delete(path).set('if-match', '*').expect(204);
  });
});

describe('idempotency keys', () => {
  it('SEC-23: a repeated create returns the first response, and creates nothing', async () => {
    for (const [collection, body] of aBodyOfEach((await createOrganization(hub.http)).id, hub.factory().id)) {
      const key = randomUUID();
      const send = () => hub.http.post(`/api/${collection}`).set('idempotency-key', key).send(body);
      const first = await send().expect(201);
      const second = await send().expect(201);

      expect(second.body).toEqual(first.body);
      expect(second.headers['location']).toBe(first.headers['location']);
      expect(first.headers).not.toHaveProperty('idempotency-replayed');
      expect(second.headers['idempotency-replayed']).toBe('true');
    }
  });

  it('SEC-23: the order of the fields does not matter', async () => {
    const key = randomUUID();
    const send = (body: object) => hub.http.post('/api/organizations').set('idempotency-key', key).send(body);
    const first = await send({ name: 'Acme', metadata: { a: 1, b: [1, { c: 2, d: 3 }] } }).expect(201);
    const second = await send({ metadata: { b: [1, { d: 3, c: 2 }], a: 1 }, name: 'Acme' }).expect(201);
    expect((second.body as Row).id).toBe((first.body as Row).id);
  });

  it('SEC-23: another body or path with the same key is a 422, and creates nothing', async () => {
    const key = randomUUID();
    const create = (path: string, body: object) => hub.http.post(path).set('idempotency-key', key).send(body);
    await create('/api/organizations', { name: 'Acme', metadata: { a: [1] } }).expect(201);
    const organization = await createOrganization(hub.http);

    await create('/api/organizations', { name: 'Other' }).expect(422, /IDEMPOTENCY_KEY_REUSED/);
    await create('/api/organizations', { name: 'Acme', metadata: { a: { 0: 1 } } }).expect(
      422,
      /IDEMPOTENCY_KEY_REUSED/,
    );
    await create('/api/factories', { organization_id: organization.id, name: 'Acme' }).expect(
      422,
      /IDEMPOTENCY_KEY_REUSED/,
    );
  });

  it('SEC-23: a refused request does not use up its key', async () => {
    const key = randomUUID();
    const create = (body: object) => hub.http.post('/api/organizations').set('idempotency-key', key).send(body);
    await create({}).expect(400);
    await create({ name: 'Acme' }).expect(201);
  });

  it('SEC-23: a body that is nested too deeply is a 400, as without a key', async () => {
    const nested = `{"name":"Acme","metadata":{"a":${'['.repeat(12_000)}${']'.repeat(12_000)}}}`;
    const create = () => hub.http.post('/api/organizations').set('content-type', 'application/json');
    await create()
      .send(nested)
      .expect(400, /VALIDATION_ERROR/);
    await create()
      .set('idempotency-key', randomUUID())
      .send(nested)
      .expect(400, /VALIDATION_ERROR/);
  });

  it('SEC-23: many concurrent requests with one key create one row, and all get it', async () => {
    for (const [collection, body] of aBodyOfEach((await createOrganization(hub.http)).id, hub.factory().id)) {
      const key = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => hub.http.post(`/api/${collection}`).set('idempotency-key', key).send(body)),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array<number>(10).fill(201));
      expect(new Set(answers.map((answer) => (answer.body as Row).id)).size).toBe(1);
      expect(answers.filter(({ headers }) => headers['idempotency-replayed'] !== 'true')).toHaveLength(1);
    }
  });

  it.each(['', 'with space', 'ü', 'x'.repeat(256)])('SEC-23: rejects the key %j', async (key) => {
    const answer = await fetch(`${hub.url}/api/organizations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: '{"name":"Acme"}',
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('"path":"Idempotency-Key"');
  });

  it('SEC-23: a key expires after 24 hours', async () => {
    const key = randomUUID();
    const create = () => hub.http.post('/api/organizations').set('idempotency-key', key).send({ name: 'Acme' });
    const first = await create().expect(201);
    await onDatabase(`UPDATE idempotency_keys SET created_at = now() - interval '25 hours'`);
    const second = await create().expect(201);
    expect((second.body as Row).id).not.toBe((first.body as Row).id);
    expect(second.headers).not.toHaveProperty('idempotency-replayed');
  });

  it('SEC-23: later creates delete expired keys', async () => {
    await onDatabase(`UPDATE idempotency_keys SET created_at = now() - interval '25 hours'`);
    const keysLeft = async () =>
      (await onDatabase(`SELECT FROM idempotency_keys WHERE created_at < now() - interval '24 hours'`)).length;
    while ((await keysLeft()) > 0) {
      const before = await keysLeft();
      await hub.http.post('/api/organizations').set('idempotency-key', randomUUID()).send({ name: 'Acme' }).expect(201);
      expect(await keysLeft()).toBe(Math.max(0, before - 3));
    }
  });

  it('SEC-23: the password is in no stored response', async () => {
    const [, , [, body] = ['', {}]] = aBodyOfEach('', hub.factory().id);
    await hub.http.post('/api/gateways').set('idempotency-key', randomUUID()).send(body).expect(201);
    const stored = await onDatabase(`SELECT created::text FROM idempotency_keys`);
    expect(JSON.stringify(stored)).not.toMatch(/correct horse|password/i);
  });
});
