import { Client } from 'pg';
import type { ConnectionTestDto } from '../../src/connection-tests/connection-test.dto';
import { aGateway, createGateway, LOGIN } from '../support/builders';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';

const A_RUNG = { ok: true, ms: expect.any(Number) as number, reason: null };
const whole = ['credentials', 'resolve', 'tcp', 'upgrade', 'login', 'subscribe'].map((step) => ({ step, ...A_RUNG }));

function stepsOf({ rungs }: ConnectionTestDto): string[] {
  return rungs.map(({ step }) => step);
}

describe('a test of a gateway that is not saved yet', () => {
  const hub = aHub({ AUTH_RETRY_MS: '600000' });

  async function testDraft(changes: object): Promise<ConnectionTestDto> {
    const body = aGateway({ factory_id: hub.factory().id, ...changes });
    return (await hub.http.post('/api/gateways/test').send(body).expect(200)).body as ConnectionTestDto;
  }

  it('completes every step when all is well, and leaves nothing behind', async () => {
    const device = await aDevice();
    expect(await testDraft({ url: device.url })).toEqual({ ok: true, rungs: whole });
    await eventually(() => expect(device.openConnections).toBe(0));
    expect(device.closes).toEqual([{ code: 1000, reason: '' }]);
    expect((await hub.list()).pagination.total).toBe(0);
    const stored = await hub.http.get('/api/gateways').expect(200);
    expect(stored.body).toMatchObject({ pagination: { total: 0 } });
  });

  it('reports which step failed and why, and runs no further step', async () => {
    const device = await aDevice();
    device.refuseLogins('b');
    const refused = await testDraft({ url: device.url });
    expect(refused.ok).toBe(false);
    expect(stepsOf(refused)).toEqual(['credentials', 'resolve', 'tcp', 'upgrade', 'login']);
    expect(refused.rungs.at(-1)).toMatchObject({ ok: false, reason: { step: 'login', code: 'login_refused' } });

    device.rejectUpgrade(404);
    const rejected = await testDraft({ url: device.url });
    expect(rejected.rungs.at(-1)).toMatchObject({
      step: 'upgrade',
      ok: false,
      reason: { step: 'upgrade', code: 'upgrade_rejected' },
    });

    await device.stopListening();
    const unreachable = await testDraft({ url: device.url });
    expect(stepsOf(unreachable)).toEqual(['credentials', 'resolve', 'tcp']);
    expect(unreachable.rungs.at(-1)).toMatchObject({ ok: false, reason: { code: 'connect_refused' } });
  });

  it.each([
    ['never answers the login', { mute: true }, 'login', 'login_timeout'],
    ['refuses the subscription', { subscribe: true }, 'subscribe', 'subscribe_refused'],
    ['hangs up at the subscription', { hangUp: true }, 'subscribe', 'connection_lost'],
  ] as const)('ends in time when the gateway %s', async (_, fault, step, code) => {
    const device = await aDevice();
    if ('mute' in fault) device.muteLogins(true);
    if ('subscribe' in fault) device.refuseSubscribe(true);
    if ('hangUp' in fault) device.closeAt('subscribe');
    const { ok, rungs } = await testDraft({ url: device.url });
    expect(ok).toBe(false);
    expect(rungs.at(-1)).toMatchObject({ step, ok: false, reason: { code } });
    await eventually(() => expect(device.openConnections).toBe(0));
  });

  it('does not lock an account, however often the same login is tested', async () => {
    const device = await aDevice({ profile: 'refuse-a' });
    for (let i = 0; i < 5; i += 1) await testDraft({ url: device.url });
    expect(device.loginCounts.refused).toBe(3);
    const { rungs } = await testDraft({ url: device.url });
    expect(rungs.at(-1)).toMatchObject({ step: 'login', reason: { code: 'login_refused' } });
    expect(rungs.at(-1)?.reason?.message).toMatch(/^Not sent/);

    await testDraft({ url: device.url, password: 'another' });
    expect(device.loginCounts.refused).toBe(4);
  });

  it('validates its body like a creation', async () => {
    const body = aGateway({ factory_id: hub.factory().id, url: 'http://example.org' });
    const answer = await hub.http.post('/api/gateways/test').send(body).expect(400);
    expect(answer.body).toMatchObject({ error: { code: 'VALIDATION_ERROR', details: [{ path: 'url' }] } });
  });

  it('is rejected when too many tests are running', async () => {
    const device = await aDevice();
    device.muteLogins(true);
    const draft = (n: number) => aGateway({ factory_id: hub.factory().id, url: device.url, password: `number ${n}` });
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, n) => hub.http.post('/api/gateways/test').send(draft(n))),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(20).fill(200), ...Array<number>(5).fill(503)]);
    const refused = answers.find(({ status }) => status === 503);
    expect(refused?.body).toMatchObject({ error: { code: 'TOO_MANY_TESTS', statusCode: 503 } });
    expect(device.maxOpenConnections).toBeLessThanOrEqual(20);
  });
});

describe('a test of a stored gateway', () => {
  const hub = aHub({ AUTH_RETRY_MS: '600000', RECONNECT_MIN_MS: '60000', RECONNECT_MAX_MS: '60000' });

  const test = ({ id }: { id: string }, query = '', body?: object) =>
    hub.http.post(`/api/gateways/${id}/test${query}`).send(body);

  async function budgetOf({ id }: { id: string }): Promise<unknown> {
    const client = new Client({ connectionString: hub.database.url });
    await client.connect();
    try {
      const columns = 'accepted, refusals, next_login_at IS NOT NULL AS is_refused';
      return (await client.query<object>(`SELECT ${columns} FROM gateway_logins WHERE gateway_id = $1`, [id])).rows[0];
    } finally {
      await client.end();
    }
  }

  it('is rejected while a session is connected, unless it is forced', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    const refused = await test(gateway).expect(409);
    expect(refused.body).toMatchObject({ error: { code: 'SESSION_LIVE', statusCode: 409 } });
    expect(device.connectionsAccepted).toBe(1);

    for (const query of ['?force=true', '?force']) {
      expect((await test(gateway, query).expect(200)).body).toEqual({ ok: true, rungs: whole });
    }
    expect(device.maxOpenConnections).toBe(2);
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', reconnects: 0 });
    await test(gateway, '?force=perhaps').expect(400);
    await test(gateway, '?forced=true').expect(400);
  });

  it('does not charge a login that was not sent because the connection ended while the charge was recorded', async () => {
    const device = await aDevice();
    const gateway = await hub.create(device, { desired_state: 'disconnected' });
    const [locker, watcher] = [new Client({ connectionString: hub.database.url }), new Client(hub.database.url)];
    await Promise.all([locker.connect(), watcher.connect()]);
    try {
      await locker.query('BEGIN');
      await locker.query('SELECT FROM gateways WHERE id = $1 FOR UPDATE', [gateway.id]); // The record is repeated until it is free.
      const result = test(gateway).then(({ body }) => body as ConnectionTestDto);
      const record = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%INSERT INTO gateway_logins%'
        AND query_start > (SELECT xact_start FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database())`;
      await eventually(async () => expect((await watcher.query(record)).rowCount).not.toBe(0));
      device.drop();
      await eventually(() => expect(device.openConnections).toBe(0));
      await locker.query('COMMIT');
      expect((await result).rungs.at(-1)).toMatchObject({ step: 'login', ok: false });
    } finally {
      await Promise.all([locker.end(), watcher.end()]);
    }
    expect(device.logins).toHaveLength(0);
    // The row shows that the login was charged.
    await eventually(async () => expect(await budgetOf(gateway)).toBeDefined());
    expect(await budgetOf(gateway)).toMatchObject({ refusals: 0, is_refused: false });
  });

  it('is rejected during a dial and during another test', async () => {
    const device = await aDevice();
    device.freeze();
    const dialling = await hub.create(device);
    await eventually(() => expect(device.upgradesAsked).toBe(1));
    await test(dialling).expect(409);
    device.thaw();
    await hub.reaches(dialling, { state: 'connected' });

    const slow = await aDevice();
    slow.muteLogins(true);
    const tested = await hub.create(slow, { desired_state: 'disconnected' });
    const first = test(tested).then(({ status }) => status);
    await eventually(() => expect(slow.openConnections).toBe(1));
    await test(tested).expect(409);
    expect(await first).toBe(200);
    expect(slow.maxOpenConnections).toBe(1);
  });

  it('keeps the session from dialling until the socket of the test is closed', async () => {
    const device = await aDevice();
    const gateway = await hub.create(device, { desired_state: 'disconnected' });
    const tested = test(gateway).then(({ body }) => body as ConnectionTestDto);
    await eventually(() => expect(device.openConnections).toBe(1));
    await hub.order(gateway, 'connect');
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connecting' });
    expect((await tested).ok).toBe(true);
    await hub.reaches(gateway, { state: 'connected' });
    expect(device.maxOpenConnections).toBe(1);
  });

  it('applies the changes in its body, and stores none of them', async () => {
    const [broken, sound] = [await aDevice(), await aDevice()];
    await broken.stopListening();
    const gateway = await hub.create(broken);
    await hub.reaches(gateway, { state: 'reconnecting' });
    expect((await test(gateway).expect(200)).body).toMatchObject({ ok: false });
    expect((await test(gateway, '', {}).expect(200)).body).toMatchObject({ ok: false });
    expect((await test(gateway, '', { url: sound.url, password: LOGIN.password }).expect(200)).body).toMatchObject({
      ok: true,
    });
    const stored = await hub.http.get(`/api/gateways/${gateway.id}`).expect(200);
    expect(stored.body).toMatchObject({ url: broken.url, email: LOGIN.email });
    await test(gateway, '', { pasword: 'x' }).expect(400);
    await test({ id: '00000000-0000-4000-8000-000000000000' }).expect(404);
  });

  it('spends the login budget of the gateway, which allows three refusals in all', async () => {
    const device = await aDevice({ profile: 'refuse-b' });
    const gateway = await hub.create(device, { desired_state: 'disconnected' });
    for (let i = 0; i < 5; i += 1) await test(gateway).expect(200);
    expect(device.loginCounts.refused).toBe(3);
    expect(await budgetOf(gateway)).toEqual({ accepted: false, refusals: 3, is_refused: true });

    const password = 'not the stored one'; // Another login, which has a budget of its own.
    await test(gateway, '', { password }).expect(200);
    expect(device.loginCounts.refused).toBe(4);
    await test(gateway, '', { password: LOGIN.password }).expect(200); // The same as without a body.
    expect(device.loginCounts.refused).toBe(4);
  });

  it('does not charge the stored login when the same e-mail in another case is refused', async () => {
    const device = await aDevice();
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { state: 'connected' });
    const email = LOGIN.email.toUpperCase();
    for (let i = 0; i < 3; i += 1) await test(gateway, '?force', { email }).expect(200);
    expect(device.loginCounts.refused).toBe(3);
    expect(await budgetOf(gateway)).toEqual({ accepted: true, refusals: 0, is_refused: false });
    device.drop(1001);
    await hub.reaches(gateway, { state: 'reconnecting', reason: { code: 'closed_by_gateway' } }); // And not auth_failed.
  });

  it('fails at the first step when no key decrypts the password, even with another address', async () => {
    const device = await aDevice();
    const gateway = await hub.create(device, { desired_state: 'disconnected' });
    const client = new Client({ connectionString: hub.database.url });
    await client.connect();
    await client.query(`UPDATE gateways SET password_encrypted = 'spoilt' WHERE id = $1`, [gateway.id]);
    await client.end();
    for (const body of [undefined, { url: `${device.url}/elsewhere` }]) {
      const { rungs } = (await test(gateway, '', body).expect(200)).body as ConnectionTestDto;
      expect(rungs).toMatchObject([{ step: 'credentials', ok: false, reason: { code: 'credentials_unreadable' } }]);
    }
    const { password } = LOGIN;
    expect((await test(gateway, '', { password }).expect(200)).body).toMatchObject({ ok: true });
    expect(device.connectionsAccepted).toBe(1);
  });

  it('leaves the budget unchanged when the login is not answered, and clears it when the login is accepted', async () => {
    const device = await aDevice();
    const gateway = await hub.create(device, { desired_state: 'disconnected' });
    device.refuseLogins('a');
    await test(gateway).expect(200);
    device.refuseLogins(null);
    device.muteLogins(true);
    await test(gateway).expect(200);
    expect(await budgetOf(gateway)).toMatchObject({ refusals: 1, accepted: false });
    device.muteLogins(false);
    await test(gateway).expect(200);
    expect(await budgetOf(gateway)).toEqual({ accepted: true, refusals: 0, is_refused: false });
  });

  it('makes the session reconnect when the login is accepted again', async () => {
    const device = await aDevice();
    device.refuseLogins('a');
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { state: 'auth_failed' });
    device.refuseLogins(null);
    expect((await test(gateway).expect(200)).body).toMatchObject({ ok: true });
    await hub.reaches(gateway, { state: 'connected', reason: null }); // Long before its next try was due.
    expect(device.maxOpenConnections).toBe(1);
  });

  it('does not resume a session that has no try left: that takes an order', async () => {
    const device = await aDevice();
    device.refuseLogins('a');
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { state: 'auth_failed' });
    for (let i = 0; i < 2; i += 1) await test(gateway).expect(200);
    await hub.reaches(gateway, { state: 'auth_failed', next_retry_at: null });
    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { state: 'auth_failed', attempt: 2 });
    expect(device.loginCounts.refused).toBe(4);

    device.refuseLogins(null);
    expect((await test(gateway).expect(200)).body).toMatchObject({ ok: false }); // No try is left, so it sent none.
    await test(gateway, '', { ...LOGIN, email: 'somebody@example.org' }).expect(200); // Says nothing about the stored login.
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'auth_failed' });
    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { state: 'connected' });
  });
});

describe('concurrent tests of one login', () => {
  const hub = aHub({ AUTH_RETRY_MS: '600000' });

  it('of a draft are all rejected except one, so that they do not overdraw the budget', async () => {
    const device = await aDevice({ profile: 'refuse-a' });
    device.slowDown(200);
    const body = aGateway({ factory_id: hub.factory().id, url: device.url });
    const test = () => hub.http.post('/api/gateways/test').send(body);
    const statuses = (await Promise.all(Array.from({ length: 10 }, test))).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array<number>(9).fill(503)]);
    expect(device.loginCounts.refused).toBe(1);
  });

  it('of a stored gateway are all rejected except one, even if they are forced', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    device.refuseLogins('a');
    device.slowDown(200);
    const test = () => hub.http.post(`/api/gateways/${gateway.id}/test?force`);
    const statuses = (await Promise.all(Array.from({ length: 10 }, test))).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array<number>(9).fill(503)]);
    for (let i = 0; i < 4; i += 1) await test().expect(200);
    expect(device.loginCounts.refused).toBe(3);
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', reconnects: 0 });
  });
});

describe('a test while the service stops', () => {
  const hub = aHub({ LOGIN_TIMEOUT_MS: '60000' });

  it('ends with 503, and does not delay the shutdown', async () => {
    const device = await aDevice();
    device.muteLogins(true);
    const gateway = await createGateway(hub.http, hub.factory(), device, { desired_state: 'disconnected' });
    const tested = hub.http.post(`/api/gateways/${gateway.id}/test`).then(({ status }) => status);
    await eventually(() => expect(device.openConnections).toBe(1));
    await hub.restart();
    expect(await tested).toBe(503);
    await eventually(() => expect(device.openConnections).toBe(0));
  });
});
