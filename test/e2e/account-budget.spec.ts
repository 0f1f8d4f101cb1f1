import { queryDatabase } from '../support/database';
import { aGateway } from '../support/builders';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';

const HOUR_MS = 3_600_000;

const hub = aHub({ AUTH_RETRY_MS: '600000' });

const testDraft = (url: string, changes: object = {}) =>
  hub.http.post('/api/gateways/test').send(aGateway({ factory_id: hub.factory().id, url, ...changes }));

const SPENT = { error: { code: 'ACCOUNT_BUDGET_SPENT' } };

async function refuse(url: string, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) await testDraft(url, { password: `number ${i}` }).expect(200);
}

const inTable = (sql: string): Promise<unknown[]> => queryDatabase(hub.database, sql);

beforeEach(() => inTable('DELETE FROM gateway_accounts'));

describe('SEC-16: the account budget', () => {
  it('treats a login as the same at every path: of eight drafts, only three are sent', async () => {
    const device = await aDevice({ profile: 'refuse-a' });
    for (let i = 1; i <= 8; i += 1) await testDraft(`${device.url}/?${i}`).expect(200);
    expect(device.loginCounts.refused).toBe(3);
  });

  it('counts tests of the stored login at another path together: of five, only three are sent', async () => {
    const device = await aDevice({ profile: 'refuse-a' });
    const gateway = await hub.create(device, { desired_state: 'disconnected' });
    const test = () =>
      hub.http
        .post(`/api/gateways/${gateway.id}/test`)
        .send({ url: `${device.url}/?1` })
        .expect(200);
    for (let i = 0; i < 5; i += 1) await test();
    expect(device.loginCounts.refused).toBe(3);
  });

  it('is spent after ten refusals: no test, gateway or order sends another login, even after a restart', async () => {
    const device = await aDevice({ profile: 'refuse-a' });
    const before = Date.now();
    await refuse(device.url, 10);
    const after = Date.now();
    expect(device.loginCounts.refused).toBe(10);

    const answer = await testDraft(`${device.url}/?11`, { password: 'eleven', email: 'OPS@example.org' }).expect(429);
    expect(answer.body).toMatchObject(SPENT);
    expect(Date.now() + 1000 * Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(before + HOUR_MS);

    const hourIsOver = expect.stringMatching(/^2/) as string;
    const waits = {
      state: 'auth_failed',
      next_retry_at: hourIsOver,
      reason: {
        step: 'login',
        code: 'login_refused',
        message: expect.stringContaining('budget of this account') as string,
      },
    };
    const gateways = [await hub.create(device), await hub.create(device)];
    for (const gateway of gateways) {
      const { next_retry_at } = await hub.reaches(gateway, waits);
      expect(Date.parse(next_retry_at ?? '')).toBeGreaterThanOrEqual(before + HOUR_MS);
      expect(Date.parse(next_retry_at ?? '')).toBeLessThanOrEqual(after + HOUR_MS);
      const order = hub.http.post(`/api/gateways/${gateway.id}/connect`);
      expect((await order.expect(429)).body).toMatchObject(SPENT);
    }
    const free = await hub.create(await aDevice());
    const ids = [...gateways, free].map(({ id }) => id);
    const failed = gateways.map(({ id }) => ({ id, code: 'ACCOUNT_BUDGET_SPENT' }));
    await hub.http
      .post('/api/connections/actions')
      .send({ action: 'connect', ids })
      .expect(202, { accepted: [free.id], failed });
    await hub.restart();
    for (const gateway of gateways) await hub.reaches(gateway, waits);
    await testDraft(device.url, { password: 'twelve' }).expect(429);
    expect(device.loginCounts.refused).toBe(10);
  });

  it('is not refilled by orders', async () => {
    const device = await aDevice({ profile: 'refuse-a' });
    const gateway = await hub.create(device);
    await eventually(async () => {
      const { status } = await hub.http.post(`/api/gateways/${gateway.id}/connect`);
      expect(status).toBe(429);
    });
    expect(device.loginCounts.refused).toBe(10);
  });

  it('is not overdrawn by many concurrent tests and sessions', async () => {
    const device = await aDevice({ profile: 'refuse-a' });
    device.slowDown(50);
    const tests = Array.from({ length: 18 }, (_, i) => testDraft(`${device.url}/?${i}`, { password: `number ${i}` }));
    const rows = Array.from({ length: 12 }, (_, i) => hub.create(device, { password: `row ${i}` }));
    const statuses = (await Promise.all(tests)).map(({ status }) => status);
    const gateways = await Promise.all(rows);
    for (const gateway of gateways) await hub.reaches(gateway, { state: 'auth_failed' });
    expect(statuses.filter((status) => ![200, 429].includes(status))).toEqual([]); // Sessions may have taken all.
    expect(device.loginCounts.refused).toBe(10);
  });

  it('is not overdrawn by passwords that are changed before the gateway answers', async () => {
    const device = await aDevice({ profile: 'refuse-a' });
    device.slowDown(2000);
    const gateway = await hub.create(device);
    for (let i = 0; i < 14; i += 1) {
      const before = device.received.filter((type) => type === 'POST_LOGIN').length;
      await hub.put(gateway, { password: `number ${i}` });
      await eventually(async () => {
        const sent = device.received.filter((type) => type === 'POST_LOGIN').length;
        if (sent === before) expect(await hub.statusOf(gateway)).toMatchObject({ state: 'auth_failed' });
      });
    }
    expect(device.received.filter((type) => type === 'POST_LOGIN').length).toBeLessThanOrEqual(10);
  });

  it('is charged in the database before a login is sent, so that a kill loses no charge', async () => {
    const device = await aDevice();
    device.muteLogins(true);
    const tested = testDraft(device.url).then(({ status }) => status);
    await eventually(() => expect(device.received).toEqual(['POST_LOGIN']));
    expect(await inTable('SELECT refusals FROM gateway_accounts')).toEqual([{ refusals: 1 }]);
    expect(await tested).toBe(200);
    // The gateway gave no answer: it does not count.
    await eventually(async () =>
      expect(await inTable('SELECT refusals FROM gateway_accounts')).toEqual([{ refusals: 0 }]),
    );
  });

  it('is cleared by an accepted login', async () => {
    const device = await aDevice();
    await refuse(device.url, 9);
    expect((await testDraft(device.url).expect(200)).body).toMatchObject({ ok: true });
    await eventually(async () => expect(await inTable('SELECT FROM gateway_accounts')).toEqual([]));
    await refuse(device.url, 3);
    expect(await hub.reaches(await hub.create(device), { state: 'connected' })).toMatchObject({ reason: null });
  });

  it('starts over after an hour by the clock of the database', async () => {
    const device = await aDevice({ profile: 'refuse-a' });
    await refuse(device.url, 10);
    await inTable(`UPDATE gateway_accounts SET since = now() - interval '61 minutes'`);
    await hub.restart();
    await testDraft(device.url, { password: 'one more' }).expect(200);
    expect(await inTable('SELECT refusals FROM gateway_accounts')).toEqual([{ refusals: 1 }]);
  });

  it('does not delay sessions that log in with the right password', async () => {
    const device = await aDevice();
    const gateways = await Promise.all(Array.from({ length: 15 }, () => hub.create(device)));
    for (const gateway of gateways) await hub.reaches(gateway, { state: 'connected' });
    device.drop();
    for (const gateway of gateways) await hub.reaches(gateway, { state: 'connected', reconnects: 1 });
    expect(await inTable('SELECT FROM gateway_accounts')).toEqual([]);
  });
});
