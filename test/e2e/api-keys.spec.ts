import { generateKey } from '../../src/common/api-key-format';
import { RefusedRequests } from '../../src/audit/refused-requests';
import { KeyUsage } from '../../src/api-keys/key-usage';
import type { RoleListDto } from '../../src/api-keys/role.dto';

import { queryOnce } from '../integration/support/catalog';
import { eventually } from '../support/eventually';
import { KeyedService } from '../support/keyed-service';
import type { Made } from '../support/keyed-service';

let service: KeyedService;

beforeAll(async () => {
  service = await KeyedService.start();
});
afterAll(() => service.close());

const PAST = '2020-01-01T00:00:00Z';
const idOf = (made: Made) => `/api/keys/${made.id}`;

async function expire({ id }: Made): Promise<void> {
  await queryOnce(service.database, `UPDATE api_keys SET expires_at = '${PAST}' WHERE id = '${id}'`);
}

describe('a request', () => {
  it('SEC-02: is served with a key, whose owner GET /api/me describes', async () => {
    const { body } = (await service.get('/api/me').expect(200)) as { body: unknown };
    expect(body).toMatchObject({
      kind: 'key',
      name: 'bootstrap',
      organization_id: null,
      role: 'admin',
      expires_at: null,
    });
    expect((body as { scopes: string[] }).scopes).toContain('organizations:write');
  });

  it('SEC-07: learns from GET /api/roles which scopes the keys of each role can have', async () => {
    const { body } = (await service.get('/api/roles').expect(200)) as { body: RoleListDto };
    expect(body.data.map(({ name }) => name)).toEqual(['viewer', 'operator', 'admin']);
    const installation = { organization_id: null, lists: 'scopes' } as const;
    const organization = {
      organization_id: await service.organization('Roles Ltd'),
      lists: 'organization_scopes',
    } as const;
    for (const { organization_id, lists } of [installation, organization]) {
      for (const { name, ...role } of body.data) {
        const made = await service.make({ role: name, organization_id, scopes: role[lists] });
        const { body: me } = (await service.get('/api/me', made.secret).expect(200)) as { body: { scopes: string[] } };
        expect([name, ...me.scopes]).toEqual([name, ...role[lists]]);
      }
    }
  });

  it('SEC-02: gets one answer without a key, and with one that is malformed, unknown, expired or revoked', async () => {
    const [expired, revoked] = [await service.make({ role: 'viewer' }), await service.make({ role: 'viewer' })];
    await service.get('/api/me', expired.secret).expect(200);
    await expire(expired);
    await service.send('delete', idOf(revoked)).expect(204);
    await eventually(() => service.get('/api/me', expired.secret).expect(401));

    const bodies = [];
    for (const key of [
      null,
      'hunter2',
      `${service.admin.slice(0, -1)}!`,
      generateKey(),
      expired.secret,
      revoked.secret,
    ]) {
      const { body, headers } = (await service.get('/api/organizations', key).expect(401)) as {
        body: unknown;
        headers: Record<string, string>;
      };
      bodies.push(body);
      const challenge = 'Bearer realm="gateway-hub"';
      expect(headers['www-authenticate']).toBe(key === null ? challenge : `${challenge}, error="invalid_token"`);
    }
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(bodies[0]).toMatchObject({ error: { code: 'UNAUTHENTICATED', statusCode: 401 } });
  });

  it('SEC-02: shows its key in the Authorization header only', async () => {
    await service.get(`/api/organizations?access_token=${service.admin}`, null).expect(401);
    await service.get('/api/organizations', null).set('x-api-key', service.admin).expect(401);
    await service.get('/api/organizations', null).set('authorization', `Basic ${service.admin}`).expect(401);
    await service.get('/api/organizations', null).set('authorization', `bearer ${service.admin}`).expect(200);
  });

  it('SEC-05: has few ways to write its key, because the service remembers each of them', async () => {
    const send = (spaces: number) =>
      service.get('/api/me', null).set('authorization', `Bearer${' '.repeat(spaces)}${service.admin}`);
    await send(2).expect(200);
    await send(20).expect(401);
  });

  it('SEC-02: does not learn without a key which paths of the API exist', async () => {
    await service.get('/api/nonsense', null).expect(401);
    await service.get('/api', null).expect(401);
    await service.get('/api/nonsense').expect(404);
    await service.get('/nonsense', null).expect(404);
  });

  it('SEC-03: needs no key for probes and documentation', async () => {
    await service.get('/api/health/live', null).expect(200);
    await eventually(() => service.get('/api/health/ready', null).expect(200));
    await service.get('/docs-json', null).expect(200);
    await service.get('/docs', null).expect(200);
  });

  it('SEC-03: learns from /api/health only the status without a key, and everything with any key', async () => {
    const { body } = (await service.get('/api/health', null).expect(200)) as { body: unknown };
    expect(Object.keys(body as object).sort()).toEqual(['status', 'timestamp']);
    expect((await service.get('/api/health', 'hunter2').expect(200)).body).toEqual({
      ...(body as object),
      timestamp: expect.any(String) as string,
    });
    const { secret } = await service.make({ role: 'viewer' });
    expect((await service.get('/api/health', secret).expect(200)).body).toMatchObject({
      ...{ auth: 'keys', database: 'up' },
      readings: { spool_bytes: 0 },
    });
  });

  it('SEC-07: is a 403 that names the missing scope', async () => {
    const { secret } = await service.make({ role: 'viewer' });
    const { body } = (await service.send('post', '/api/organizations', secret).send({ name: 'A' }).expect(403)) as {
      body: unknown;
    };
    expect(body).toMatchObject({
      error: {
        code: 'FORBIDDEN',
        details: [{ path: 'scope', message: 'needs organizations:write', code: 'missing_scope' }],
      },
    });
  });

  it('SEC-21: that is refused again and again cannot fill the audit log', async () => {
    const { id, secret } = await service.make({ role: 'viewer' });
    for (let n = 0; n < 70; n += 1) await service.send('post', '/api/organizations', secret).send({}).expect(403);
    await service.app.get(RefusedRequests).flush();
    const rows = await queryOnce<{ changes: unknown }>(
      service.database,
      `SELECT changes FROM audit_log WHERE actor_id = '${id}' ORDER BY id`,
    );
    expect(rows).toHaveLength(61);
    expect(rows[0]?.changes).toEqual({ request: [null, 'POST /api/organizations'] });
    expect(rows.at(-1)?.changes).toEqual({ status: [null, 403], count: [null, 10] });
  });

  it('SEC-07: is a 403 from an address outside of the networks of its key', async () => {
    const elsewhere = await service.make({ role: 'viewer', allowed_networks: ['10.0.0.0/8', 'fd00::/8'] });
    const here = await service.make({ role: 'viewer', allowed_networks: ['127.0.0.0/8'] });
    await service.get('/api/me', here.secret).expect(200);
    const { body } = (await service.get('/api/me', elsewhere.secret).expect(403)) as { body: unknown };
    expect(body).toMatchObject({ error: { code: 'ADDRESS_NOT_ALLOWED' } });
    await service.get('/api/health', elsewhere.secret).expect(200);
  });

  it('SEC-05: works or fails without a statement of its own', async () => {
    const { secret } = await service.make({ role: 'viewer' });
    const [{ calls: before }] = await statements();
    for (let n = 0; n < 50; n += 1) await service.get('/api/me', secret).expect(200);
    expect((await statements())[0].calls).toBe(before);
  });

  /** How often the rows of the table have been read so far. */
  async function statements(): Promise<[{ calls: string }]> {
    return queryOnce(
      service.database,
      `SELECT seq_scan + COALESCE(idx_scan, 0) AS calls FROM pg_stat_user_tables WHERE relname = 'api_keys'`,
    ) as Promise<[{ calls: string }]>;
  }
});

describe('a key', () => {
  it('SEC-06: is shown once, by the request that makes it, and is nowhere in the database', async () => {
    const response = await service.send('post', '/api/keys').send({ name: 'Dashboard', role: 'operator' }).expect(201);
    const made = response.body as Made & Record<string, unknown>;
    expect(made.secret).toMatch(/^gwh_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/);
    expect(made).toMatchObject({
      prefix: made.secret.slice(0, 12),
      role: 'operator',
      state: 'active',
      scopes: null,
      created_by: { kind: 'key', name: 'bootstrap' },
    });
    expect(response.headers).toMatchObject({
      location: `/api/keys/${made.id}`,
      etag: '"rev-1"',
      'cache-control': 'no-store',
    });
    const secret = made.secret.slice(13);
    const others = [
      (await service.get(`/api/keys/${made.id}`)).text,
      (await service.get('/api/keys?limit=100')).text,
      JSON.stringify(await queryOnce(service.database, 'SELECT api_keys::text FROM api_keys')),
      JSON.stringify(await queryOnce(service.database, 'SELECT audit_log::text FROM audit_log')),
    ];
    for (const text of others) {
      expect(text).toContain(made.prefix);
      expect(text).not.toContain(secret);
    }
    expect(others[0]).not.toContain('hash');
  });

  it('SEC-08: cannot make one with a scope that it lacks, or of another organization', async () => {
    const [own, other] = [await service.organization(), await service.organization()];
    const limited = await service.make({ role: 'admin', scopes: ['keys:read', 'keys:write', 'gateways:read'] });
    const admin = await service.make({ role: 'admin', organization_id: own });
    const refused = async (by: string, body: object, code: string, path: string) => {
      const answer = await service
        .send('post', '/api/keys', by)
        .send({ name: 'k', ...body })
        .expect(422);
      expect(answer.body).toMatchObject({ error: { code, details: [{ path }] } });
    };

    await refused(limited.secret, { role: 'viewer' }, 'SCOPE_NOT_HELD', 'scopes');
    await refused(limited.secret, { role: 'admin' }, 'SCOPE_NOT_HELD', 'scopes');
    await service.make({ role: 'viewer', scopes: ['gateways:read'] }, limited.secret);
    await refused(
      admin.secret,
      { role: 'viewer', organization_id: other },
      'ORGANIZATION_NOT_FOUND',
      'organization_id',
    );
    await refused(admin.secret, { role: 'viewer', organization_id: null }, 'SCOPE_NOT_HELD', 'organization_id');
    await refused(service.admin, { role: 'viewer', scopes: ['keys:write'] }, 'SCOPE_NOT_IN_ROLE', 'scopes');
    await refused(
      service.admin,
      { role: 'admin', organization_id: own, scopes: ['organizations:write'] },
      'SCOPE_NOT_IN_ROLE',
      'scopes',
    );
    const child = await service.make({ role: 'admin' }, admin.secret);
    expect(child).toMatchObject({ organization_id: own });
  });

  it('SEC-07: of an organization sees and changes only keys of this organization', async () => {
    const [own, other] = [await service.organization(), await service.organization()];
    const admin = await service.make({ role: 'admin', organization_id: own });
    const foreign = await service.make({ role: 'viewer', organization_id: other });
    for (const hidden of [foreign, await service.make({ role: 'viewer' })]) {
      await service.get(idOf(hidden), admin.secret).expect(404);
      await service.send('put', idOf(hidden), admin.secret).send({ name: 'x' }).expect(404);
      await service
        .send('post', `${idOf(hidden)}/rotate`, admin.secret)
        .send({})
        .expect(404);
      await service.send('delete', idOf(hidden), admin.secret).expect(404);
      await service.get('/api/me', hidden.secret).expect(200);
    }
    const { body } = (await service.get('/api/keys', admin.secret).expect(200)) as { body: unknown };
    expect(body).toMatchObject({ data: [{ id: admin.id }], pagination: { total: 1 } });
    await service.get(`/api/organizations/${other}`, admin.secret).expect(404);
    await service.get(`/api/organizations/${own}`, admin.secret).expect(200);
  });

  it('SEC-07: of a deleted organization stops working', async () => {
    const own = await service.organization();
    const { secret } = await service.make({ role: 'viewer', organization_id: own });
    await service.get('/api/me', secret).expect(200);
    await service.send('delete', `/api/organizations/${own}`).expect(204);
    await eventually(() => service.get('/api/me', secret).expect(401));
  });

  it('SEC-07: is changed by PUT, works by its new rights at once, and may be sent back as it was read', async () => {
    const made = await service.make({ role: 'operator' });
    const { body: read, headers } = (await service.get(idOf(made)).expect(200)) as {
      body: unknown;
      headers: Record<string, string>;
    };
    const put = (body: object) => service.send('put', idOf(made)).send(body);
    await put(read as object).expect(200);
    await service.send('put', idOf(made)).set('if-match', String(headers['etag'])).send({ name: 'New' }).expect(200);
    await service.send('put', idOf(made)).set('if-match', '"rev-1"').send({ name: 'Newer' }).expect(412);
    await put({ role: 'admin' }).expect(422);
    await put({ expires_at: PAST }).expect(400);
    await put({ scopes: ['gateways:read'] }).expect(200);
    await service.get('/api/gateways', made.secret).expect(200);
    await service.get('/api/factories', made.secret).expect(403);
    await put({ scopes: null, allowed_networks: ['10.0.0.0/8'] }).expect(200);
    await service.get('/api/factories', made.secret).expect(403);
  });

  it('SEC-08: makes and changes only keys that work no longer and from no more addresses than itself', async () => {
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const limits = { allowed_networks: ['127.0.0.0/8', 'fd00::/16'], expires_at: inHours(2) };
    const { id, secret } = await service.make({ role: 'admin', ...limits });
    const wider = await service.make({ role: 'viewer' });
    const send = (method: 'post' | 'put', path: string, body: object) => service.send(method, path, secret).send(body);
    const make = (body: object) => send('post', '/api/keys', { name: 'k', role: 'viewer', ...limits, ...body });

    for (const path of [`/api/keys/${id}`, idOf(wider)]) {
      await send('put', path, { expires_at: inHours(3) }).expect(422, /"path":"expires_at".*SCOPE_NOT_HELD/);
      await send('put', path, { allowed_networks: ['0.0.0.0/0'] }).expect(422, /"path":"allowed_networks"/);
    }
    await send('put', `/api/keys/${id}`, { expires_at: null }).expect(422, /SCOPE_NOT_HELD/);
    await send('put', `/api/keys/${id}`, { allowed_networks: null }).expect(422, /SCOPE_NOT_HELD/);
    await make({ expires_at: null }).expect(422, /SCOPE_NOT_HELD/);
    await make({ allowed_networks: ['127.0.0.0/8', '126.0.0.0/8'] }).expect(422, /SCOPE_NOT_HELD/);
    await make({ allowed_networks: ['fd00::/15'] }).expect(422, /SCOPE_NOT_HELD/);
    await send('post', `${idOf(wider)}/rotate`, {}).expect(422, /SCOPE_NOT_HELD/);

    await send('put', idOf(wider), { name: 'Renamed', expires_at: null, allowed_networks: null }).expect(200);
    await make({}).expect(201);
    await make({ allowed_networks: ['127.1.0.0/16', 'fd00:0:1::/48'], expires_at: inHours(1) }).expect(201);
    await send('post', `/api/keys/${id}/rotate`, {}).expect(201);
  });

  it('SEC-04: is rotated, at once or with an overlap', async () => {
    const made = await service.make({ role: 'viewer', allowed_networks: ['127.0.0.0/8'] });
    const rotate = async ({ id }: Made, body: object) =>
      (await service.send('post', `/api/keys/${id}/rotate`).send(body).expect(201)).body as Made;
    const second = await rotate(made, { overlap_seconds: 3600 });
    expect(second).toMatchObject({ role: 'viewer', allowed_networks: ['127.0.0.0/8'], rotated_from: made.id });
    await service.get('/api/me', made.secret).expect(200);
    await service.get('/api/me', second.secret).expect(200);
    expect((await service.get(idOf(made))).body).toMatchObject({ expires_at: expect.any(String) as string });
    const third = await rotate(second, {});
    await service.get('/api/me', second.secret).expect(401);
    await service.get('/api/me', third.secret).expect(200);
    await service
      .send('post', `${idOf(second)}/rotate`)
      .send({})
      .expect(409);
  });

  it('SEC-21: leaves in the audit log how it ended: by rotation, or with its organization', async () => {
    const actions = async ({ id }: Made) => {
      const { body } = (await service.get(`/api/audit?object_id=${id}`).expect(200)) as { body: unknown };
      return (body as { data: { action: string }[] }).data.map(({ action }) => action);
    };
    const organization_id = await service.organization();
    const first = await service.make({ role: 'viewer', organization_id });
    const rotate = async ({ id }: Made, body: object) =>
      (await service.send('post', `/api/keys/${id}/rotate`).send(body).expect(201)).body as Made;
    const second = await rotate(first, {});
    const third = await rotate(second, { overlap_seconds: 3600 });
    await service.send('delete', `/api/organizations/${organization_id}`).expect(204);

    expect(await actions(first)).toEqual(['key.revoke', 'key.create']);
    expect(await actions(second)).toEqual(['key.revoke', 'key.update', 'key.rotate']);
    expect(await actions(third)).toEqual(['key.revoke', 'key.rotate']);
  });

  it('SEC-04: stays in the list when it is revoked, and revoking it again has no effect', async () => {
    const made = await service.make({ role: 'viewer' });
    await service.send('delete', idOf(made)).set('if-match', '"rev-9"').expect(412);
    await service.send('delete', idOf(made)).expect(204);
    await service.send('delete', idOf(made)).expect(204);
    await service.send('put', idOf(made)).send({ name: 'x' }).expect(409);
    expect((await service.get(idOf(made))).body).toMatchObject({ state: 'revoked' });
    const { body } = (await service.get('/api/keys?state=active&limit=100').expect(200)) as { body: unknown };
    expect((body as { data: Made[] }).data.map(({ id }) => id)).not.toContain(made.id);
    const revoked = await service.get('/api/keys?state=revoked&limit=100').expect(200);
    expect((revoked.body as { data: Made[] }).data.map(({ id }) => id)).toContain(made.id);
  });

  it('SEC-11: of the last admin cannot be revoked or limited, not even by two requests at once', async () => {
    const { body } = (await service.get('/api/me').expect(200)) as { body: unknown };
    const bootstrap = body as Made;
    const second = await service.make({ role: 'admin' });
    const others = (await service.get('/api/keys?state=active&limit=100')).body as {
      data: (Made & { role: string })[];
    };
    for (const each of others.data) {
      if (each.id !== bootstrap.id && each.id !== second.id) await service.send('delete', idOf(each)).expect(204);
    }
    const answers = await Promise.all([
      service.send('delete', idOf(bootstrap)),
      service.send('put', idOf(second)).send({ scopes: ['keys:read'] }),
    ]);
    const refused = answers.filter(({ status }) => status === 409);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.body).toMatchObject({ error: { code: 'LAST_ADMIN' } });
    // For the tests that follow: an admin key that works.
    await queryOnce(
      service.database,
      `UPDATE api_keys SET revoked_at = NULL, scopes = NULL WHERE id = '${bootstrap.id}'`,
    );
    await eventually(() => service.get('/api/me').expect(200));
  });

  it('SEC-11: of the last admin without limits gets none, and is not revoked, while the others have some', async () => {
    const { body } = (await service.get('/api/me').expect(200)) as { body: unknown };
    const bootstrap = body as Made;
    const { data } = (await service.get('/api/keys?state=active&limit=100')).body as { data: Made[] };
    for (const each of data) if (each.id !== bootstrap.id) await service.send('delete', idOf(each)).expect(204);
    const limits = [
      { expires_at: '2999-01-01T00:00:00Z' },
      { allowed_networks: ['10.0.0.0/8'] },
      { scopes: ['keys:read', 'keys:write'] },
    ];
    const limited: Made[] = [];
    for (const limit of limits) limited.push(await service.make({ role: 'admin', ...limit }));

    for (const limit of limits)
      await service
        .send('put', idOf(bootstrap))
        .send(limit)
        .expect(409, /LAST_ADMIN/);
    await service.send('delete', idOf(bootstrap)).expect(409, /LAST_ADMIN/);
    await service.send('put', idOf(bootstrap)).send({ name: 'Named', expires_at: null }).expect(200);

    const another = await service.make({ role: 'admin' });
    for (const limit of limits)
      await service
        .send('put', idOf(another))
        .send({ scopes: null, expires_at: null, allowed_networks: null, ...limit })
        .expect(200);
    for (const each of [another, ...limited]) await service.send('delete', idOf(each)).expect(204);
  });

  it('SEC-06: has its changes in the audit log', async () => {
    const made = await service.make({ name: 'Audited', role: 'viewer' });
    await service.send('put', idOf(made)).send({ name: 'Renamed' }).expect(200);
    await service.send('put', idOf(made)).send({ name: 'Renamed' }).expect(200);
    const { body } = (await service
      .send('post', `${idOf(made)}/rotate`)
      .send({})
      .expect(201)) as { body: unknown };
    await service.send('delete', idOf(body as Made)).expect(204);
    const rows = await queryOnce<{ action: string; changes: Record<string, unknown> | null }>(
      service.database,
      `SELECT action, changes, actor_kind FROM audit_log
       WHERE object_type = 'key' AND object_id IN ('${made.id}', '${(body as Made).id}') ORDER BY id`,
    );
    // The rotation records the new key and the end of the old one, in one statement.
    expect(rows.map(({ action }) => action).sort()).toEqual(
      ['key.create', 'key.update', 'key.rotate', 'key.revoke', 'key.revoke'].sort(),
    );
    expect(rows[0]?.changes).toMatchObject({
      name: [null, 'Audited'],
      role: [null, 'viewer'],
      prefix: [null, made.prefix],
    });
    expect(rows[1]?.changes).toEqual({ name: ['Audited', 'Renamed'] });
    expect(rows.find(({ action }) => action === 'key.rotate')?.changes).toMatchObject({
      rotated_from: [null, made.id],
    });
  });

  it('SEC-06: has its last use stored, all uses in one statement', async () => {
    const made = await service.make({ role: 'viewer' });
    for (let n = 0; n < 3; n += 1) await service.get('/api/me', made.secret).expect(200);
    expect((await service.get(idOf(made))).body).toMatchObject({ last_used_at: null });
    await service.app.get(KeyUsage).flush();
    expect((await service.get(idOf(made))).body).toMatchObject({
      last_used_at: expect.any(String) as string,
      last_used_address: '127.0.0.1',
    });
    expect((await service.get(idOf(made))).headers['etag']).toBe('"rev-1"');
  });
});

describe('the limit of keys that do not work', () => {
  it('SEC-02: is 20 a minute for each address; then keys that were never seen are refused, and known ones work', async () => {
    const own = await KeyedService.start();
    const fresh = await own.make({ role: 'viewer' });
    for (let n = 0; n < 20; n += 1) await own.get('/api/me', generateKey()).expect(401);
    const { body, headers } = (await own.get('/api/me', fresh.secret).expect(429)) as {
      body: unknown;
      headers: Record<string, string>;
    };
    expect(body).toMatchObject({ error: { code: 'TOO_MANY_REQUESTS' } });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await own.get('/api/me').expect(200);
    await own.get('/api/me', null).expect(401);
    await own.get('/api/health', generateKey()).expect(200);
    await own.close();
  });
});

describe('the life of keys', () => {
  it('SEC-04: ends before the year 10000, which its response could not show', async () => {
    const post = (expires_at: string) =>
      service.send('post', '/api/keys').send({ name: 'k', role: 'viewer', expires_at });
    await post('9999-12-31T23:59:59-01:00').expect(400, /"path":"expires_at"/);
    await post('9999-12-31T23:59:59Z').expect(201);
  });

  it('SEC-04: is at most API_KEY_MAX_DAYS, if that is set', async () => {
    const own = await KeyedService.start({ API_KEY_MAX_DAYS: '30' });
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    const post = (body: object) => own.send('post', '/api/keys').send({ name: 'k', role: 'viewer', ...body });
    await post({}).expect(400);
    await post({ expires_at: inDays(31) }).expect(400);
    await post({ expires_at: inDays(29) }).expect(201);
    await own.close();
  });
});
