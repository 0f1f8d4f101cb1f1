import { Client } from 'pg';
import { NAME_SORTS } from '../../src/common/sort';
import type { BulkOrderResultDto } from '../../src/connections/bulk-order.dto';
import type { FactoryDto } from '../../src/factories/factory.dto';
import type { ConnectionPageDto } from '../../src/status/connection-status.dto';
import type { FleetFactoryPageDto, FleetSummaryDto } from '../../src/fleet/fleet.dto';
import type { FleetOrganizationPageDto } from '../../src/fleet/fleet-organizations.dto';
import { FLUSH_MS } from '../../src/status/while-holding';
import { createFactory, createGateway, LOGIN } from '../support/builders';
import type { CreatedGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { DatabaseNetwork } from '../support/database-network';
import { eventually } from '../support/eventually';
import { aDevice, aHub, closeDevices } from '../support/hub';
import { waitOf } from '../support/wait-of';

jest.setTimeout(20_000);

// Nothing is tried again, and nothing given up, before the test is long over: whatever happens, an order made it happen.
const PATIENT = {
  RECONNECT_MIN_MS: '60000',
  RECONNECT_MAX_MS: '60000',
  CONNECT_TIMEOUT_MS: '60000',
  LOGIN_TIMEOUT_MS: '60000',
};
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('the fleet', () => {
  const hub = aHub(PATIENT);
  const get = async <Body>(path: string) => (await hub.http.get(`/api/fleet/${path}`).expect(200)).body as Body;

  it('STATUS-03: is counted by state and by the reasons of what is in trouble, as a whole and by factory', async () => {
    await hub.connected(await aDevice());
    await hub.create(null, { desired_state: 'disconnected' });
    const lost = await createFactory(hub.http, { name: 'Lost' });
    const [first, second] = [await createGateway(hub.http, lost, null), await createGateway(hub.http, lost, null)];
    const { since } = await hub.reaches(first, { state: 'reconnecting' });
    await hub.reaches(second, { state: 'reconnecting' });

    const summary = await get<FleetSummaryDto>('summary');
    expect(summary).toMatchObject({
      ...{ total: 4, wanted: 3, by_state: { connected: 1, disconnected: 1, reconnecting: 2, auth_failed: 0 } },
      by_reason: [{ code: 'connect_refused', step: 'tcp', count: 2 }],
      trouble: { count: 2, oldest_since: since },
    });
    expect(summary.as_of).toMatch(TIME);
    expect(await get(`summary?factory_id=${hub.factory().id}`)).toMatchObject({
      ...{ total: 2, wanted: 1, by_reason: [], trouble: { count: 0, oldest_since: null } },
    });

    const { data, pagination } = await get<FleetFactoryPageDto>('factories');
    expect(pagination).toEqual({ total: 2, limit: 20, offset: 0, hasNext: false, hasPrev: false });
    expect(data).toMatchObject([
      { factory: { id: lost.id, name: 'Lost', timezone: 'UTC' }, total: 2, wanted: 2, trouble: 2, oldest_since: since },
      { factory: { id: hub.factory().id }, total: 2, wanted: 1, trouble: 0, oldest_since: null },
    ]);
    const empty = await createFactory(hub.http, { name: 'Zero' });
    const namesOf = async (query: string) =>
      (await get<FleetFactoryPageDto>(`factories?${query}`)).data.map(({ factory }) => factory.id);
    expect((await namesOf('sort=trouble')).at(-1)).toBe(lost.id);
    expect(await namesOf('sort=-name&limit=1')).toEqual([empty.id]);
    expect(await namesOf('sort=-name&limit=1&offset=2')).toEqual([lost.id]);
    expect(await namesOf('search=los')).toEqual([lost.id]);
    await hub.http.get('/api/fleet/factories?sort=size').expect(400, /"path":"sort"/);

    const none = (await hub.http.post('/api/organizations').send({ name: 'None' }).expect(201)).body as { id: string };
    const organizations = (query: string) => get<FleetOrganizationPageDto>(`organizations?${query}`);
    const { data: all } = await organizations('sort=name');
    const counts = all.map(({ organization: { name }, factories, total }) => `${name}: ${factories} with ${total}`);
    expect(counts.toSorted()).toEqual(['Acme: 1 with 0', 'Acme: 1 with 2', 'Acme: 1 with 2', 'None: 0 with 0']);
    const [worst] = (await organizations('limit=1')).data;
    expect(worst).toMatchObject({
      organization: { id: lost.organization_id },
      wanted: 2,
      trouble: 2,
      oldest_since: since,
    });
    const some = await organizations(`id=${none.id}&id=${lost.organization_id}&sort=-name`);
    expect(some.data.map(({ organization }) => organization.id)).toEqual([none.id, lost.organization_id]);
    expect(some.pagination).toMatchObject({ total: 2, hasNext: false });
  });
});

describe('the status of a connection', () => {
  const hub = aHub();

  it('STATUS-01, STATUS-04: has exactly the documented fields', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    const status = await hub.reaches(gateway, { latency_ms: expect.any(Number) as number });
    const time = expect.stringMatching(TIME) as string;
    expect(status).toEqual({
      id: gateway.id,
      gateway_id: gateway.gateway_id,
      name: gateway.name,
      factory_id: gateway.factory_id,
      desired_state: 'connected',
      state: 'connected',
      since: time,
      as_of: time,
      observed_by: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/) as string,
      reason: null,
      attempt: 0,
      next_retry_at: null,
      connected_at: status.since,
      last_seen_at: time,
      last_message_at: time,
      receiving_since: null,
      busy: null,
      latency_ms: status.latency_ms,
      messages_received: 1,
      messages_sent: 2,
      reconnects: 0,
      liveness: 'ping',
      tls_verified: null,
      last_known: null,
    });
    expect(status.latency_ms).toBeLessThanOrEqual(Date.parse(status.as_of) - Date.parse(status.since));
    expect(Date.parse(status.as_of)).toBeGreaterThanOrEqual(Date.parse(status.since));
  });

  it('STATUS-01: has the time of the request as its as_of', async () => {
    const gateway = await hub.create(null, { desired_state: 'disconnected' });
    const before = Date.now();
    const asOf = Date.parse((await hub.statusOf(gateway)).as_of);
    expect([asOf >= before, asOf <= Date.now()]).toEqual([true, true]);
  });

  it('STATUS-01: has no times, reason or counts for a gateway that was never to be connected', async () => {
    const gateway = await hub.create(null, { desired_state: 'disconnected' });
    expect(await hub.statusOf(gateway)).toMatchObject({
      desired_state: 'disconnected',
      state: 'disconnected',
      reason: null,
      attempt: 0,
      next_retry_at: null,
      connected_at: null,
      last_seen_at: null,
      last_message_at: null,
      receiving_since: null,
      busy: null,
      latency_ms: null,
      messages_received: 0,
      messages_sent: 0,
      reconnects: 0,
    });
  });

  it('STATUS-01: is 404 for a gateway that does not exist, and 400 for an invalid id', async () => {
    await hub.http.get('/api/gateways/00000000-0000-4000-8000-000000000000/status').expect(404, /GATEWAY_NOT_FOUND/);
    await hub.http.get('/api/gateways/17/status').expect(400, /VALIDATION_ERROR/);
  });

  it('STATUS-01, LIFECYCLE-05: follows the loss of a connection and the reconnect, with a reason in between', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    await device.stopListening();
    const lost = await hub.reaches(gateway, { state: 'reconnecting', reason: { code: 'connect_refused' } });
    expect(lost).toMatchObject({ connected_at: null, latency_ms: null, desired_state: 'connected' });
    expect(lost.next_retry_at).toMatch(TIME);
    expect(lost.attempt).toBeGreaterThanOrEqual(2);

    await device.startListening();
    const back = await hub.reaches(gateway, { state: 'connected' });
    expect(back).toMatchObject({ reason: null, next_retry_at: null, reconnects: 1, connected_at: back.since });
    await hub.reaches(gateway, { state: 'connected', attempt: 0 }); // Once it has proved stable.
    expect(device.maxOpenConnections).toBe(1);
  });

  it('STATUS-01: keeps the reason while the next attempt runs', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    device.muteLogins(true);
    device.drop();
    await hub.reaches(gateway, { state: 'authenticating', reason: { code: 'connection_lost', step: 'live' } });
    device.muteLogins(false);
    await hub.reaches(gateway, { state: 'connected', reason: null });
  });

  it('STATUS-01: counts messages in both directions, across reconnects', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    for (let i = 0; i < 5; i += 1) device.notify('temp');
    const { last_message_at } = await hub.counts(gateway, device, 6);
    device.drop();
    const status = await hub.counts(gateway, device, 7, { state: 'connected', reconnects: 1 });
    expect(status.messages_sent).toBe(device.received.length);
    expect(Date.parse(status.last_message_at ?? '')).toBeGreaterThan(Date.parse(last_message_at ?? ''));
  });
});

describe('connect and disconnect', () => {
  const hub = aHub(PATIENT);

  it('STATUS-03: disconnect answers 202 with the status, and closes the session with 1000', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    expect(await hub.order(gateway, 'disconnect')).toMatchObject({
      id: gateway.id,
      desired_state: 'disconnected',
      state: 'disconnected',
      reason: null,
      connected_at: null,
      latency_ms: null,
    });
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'disconnected' });
    await eventually(() => expect(device.closes).toMatchObject([{ code: 1000 }]));
    expect(device.received.at(-1)).toBe('POST_UNSUB_CHANGES');
  });

  it('STATUS-03: disconnect may be repeated', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    const first = await hub.order(gateway, 'disconnect');
    const second = await hub.order(gateway, 'disconnect');
    expect(second).toEqual(Object.assign(first, { as_of: second.as_of }));
    await hub.everythingIsDone();
    expect(device.connectionsAccepted).toBe(1);
  });

  it('STATUS-02: connect answers 202 with the status, and connects', async () => {
    const device = await aDevice();
    const gateway = await hub.create(device, { desired_state: 'disconnected' });
    expect(await hub.order(gateway, 'connect')).toMatchObject({ desired_state: 'connected', reason: null });
    expect((await hub.statusOf(gateway)).state).not.toBe('disconnected');
    await hub.reaches(gateway, { state: 'connected' });
    expect(device.logins).toHaveLength(1);
  });

  it('STATUS-02: connect does not disturb a connected session', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    const { since } = await hub.statusOf(gateway);
    for (let i = 0; i < 3; i += 1) expect(await hub.order(gateway, 'connect')).toMatchObject({ state: 'connected' });
    await hub.everythingIsDone();
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', since });
    expect(device.connectionsAccepted).toBe(1);
  });

  it('STATUS-02: connect during a back-off dials at once', async () => {
    const device = await aDevice();
    await device.stopListening();
    const gateway = await hub.create(device);
    const status = await hub.reaches(gateway, { state: 'reconnecting', attempt: 1 });
    expect(waitOf(status)).toBeGreaterThan(25_000);

    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { state: 'reconnecting', attempt: 2 });
    await device.startListening();
    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { state: 'connected', attempt: 2, reason: null });
    expect(device.maxOpenConnections).toBe(1);
  });

  it('STATUS-02, STATUS-03: the last of many orders takes effect, and there is never a second socket', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    for (let i = 0; i < 5; i += 1) {
      await hub.order(gateway, 'disconnect');
      await hub.order(gateway, 'connect');
    }
    await hub.reaches(gateway, { state: 'connected' });
    expect(device.maxOpenConnections).toBe(1);

    await Promise.all(Array.from({ length: 8 }, (_, i) => hub.order(gateway, i % 2 ? 'connect' : 'disconnect')));
    await hub.order(gateway, 'disconnect');
    await eventually(() => expect(device.openConnections).toBe(0));
    await hub.everythingIsDone();
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'disconnected' });
    expect(device.maxOpenConnections).toBe(1);
    expect(device.openConnections).toBe(0);
  });

  it('STATUS-03: disconnect ends a back-off, a dial and a login that are under way', async () => {
    const [waiting, hanging, silent] = [await aDevice(), await aDevice(), await aDevice()];
    await waiting.stopListening();
    hanging.freeze();
    silent.muteLogins(true);
    const gateways = await Promise.all([waiting, hanging, silent].map((device) => hub.create(device)));
    const [first, second, third] = gateways as [CreatedGateway, CreatedGateway, CreatedGateway];
    await hub.reaches(first, { state: 'reconnecting' });
    await eventually(() => expect(hanging.upgradesAsked).toBe(1));
    await hub.reaches(second, { state: 'connecting' });
    await hub.reaches(third, { state: 'authenticating' });

    for (const gateway of gateways) {
      expect(await hub.order(gateway, 'disconnect')).toMatchObject({
        state: 'disconnected',
        attempt: 0,
        reason: null,
        next_retry_at: null,
      });
    }
    await eventually(() => expect(silent.closes).toMatchObject([{ code: 1000 }]));
    await waiting.startListening();
    hanging.thaw();
    await hub.everythingIsDone();
    expect([waiting, hanging, silent].map(({ openConnections }) => openConnections)).toEqual([0, 0, 0]);
    expect([waiting, hanging, silent].map(({ upgradesAsked }) => upgradesAsked)).toEqual([0, 1, 1]);
  });

  it('STATUS-02, STATUS-03: are given for many gateways at once, and answered for each', async () => {
    const [working, refusing] = [await aDevice(), await aDevice({ profile: 'refuse-a' })];
    const gateways = [
      await hub.create(working, { desired_state: 'disconnected' }),
      await hub.create(refusing, { desired_state: 'disconnected' }),
    ];
    const [first, second] = gateways.map(({ id }) => id);
    const nobody = '00000000-0000-4000-8000-000000000000';
    const order = (action: string) =>
      hub.http.post('/api/connections/actions').send({ action, ids: [first, nobody, second, first] });

    const { body } = (await order('connect').expect(202)) as { body: BulkOrderResultDto };
    expect(body).toEqual({ accepted: [first, second], failed: [{ id: nobody, code: 'GATEWAY_NOT_FOUND' }] });
    await hub.reaches({ id: first ?? '' }, { state: 'connected' });
    await hub.reaches({ id: second ?? '' }, { state: 'auth_failed' });

    await order('connect').expect(202); // Grants the refused one another login, and leaves the connected one alone.
    await eventually(() => expect(refusing.loginCounts.refused).toBe(2));
    expect(working.connectionsAccepted).toBe(1);

    await order('disconnect').expect(202, { accepted: [first, second], failed: body.failed });
    for (const gateway of gateways) {
      await hub.reaches(gateway, { state: 'disconnected', desired_state: 'disconnected' });
    }
    await eventually(() => expect(working.openConnections).toBe(0));
  });

  it('STATUS-02, STATUS-03: are 404 for a gateway that does not exist', async () => {
    for (const order of ['connect', 'disconnect']) {
      await hub.http.post(`/api/gateways/00000000-0000-4000-8000-000000000000/${order}`).expect(404);
    }
  });
});

describe('reading your own writes', () => {
  const hub = aHub(PATIENT);
  const entryOf = async ({ id }: { id: string }) => (await hub.list()).data.find((entry) => entry.id === id);

  it('STATUS-04: after a 201, the status and the list contain the gateway', async () => {
    const device = await aDevice();
    device.freeze();
    const gateway = await hub.create(device);
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connecting', name: gateway.name });
    expect(await entryOf(gateway)).toMatchObject({ state: 'connecting', gateway_id: gateway.gateway_id });
  });

  it('STATUS-04: after a 200, they show the change, and no session with the old address', async () => {
    const [device, hanging] = [await aDevice(), await aDevice()];
    hanging.freeze();
    const gateway = await hub.connected(device);
    await hub.put(gateway, { name: 'Renamed', url: hanging.url });
    expect(await hub.statusOf(gateway)).toMatchObject({ name: 'Renamed', state: 'connecting', connected_at: null });
    expect(await entryOf(gateway)).toMatchObject({ name: 'Renamed', state: 'connecting' });
  });

  it('STATUS-04: after a 202, they show the desired state and its effect', async () => {
    const gateway = await hub.connected(await aDevice());
    await hub.order(gateway, 'disconnect');
    expect(await entryOf(gateway)).toMatchObject({ desired_state: 'disconnected', state: 'disconnected' });
    await hub.order(gateway, 'connect');
    expect(await entryOf(gateway)).toMatchObject({ desired_state: 'connected', reason: null });
    expect((await entryOf(gateway))?.state).not.toBe('disconnected');
  });

  it('STATUS-04: after a 204, they no longer contain the gateway', async () => {
    const gateway = await hub.connected(await aDevice());
    await hub.http.delete(`/api/gateways/${gateway.id}`).expect(204);
    await hub.http.get(`/api/gateways/${gateway.id}/status`).expect(404);
    expect(await entryOf(gateway)).toBeUndefined();
  });
});

describe('the list of connections', () => {
  const hub = aHub(PATIENT);
  let other: { id: string };
  let ids: Record<string, string>;

  beforeAll(async () => {
    other = await createFactory(hub.http);
    const gateways: [name: string, changes: object][] = [
      ['d', {}],
      ['b', { desired_state: 'disconnected' }],
      ['C', { factory_id: other.id }],
      ['a', { desired_state: 'disconnected', factory_id: other.id }],
      ['é', {}],
    ];
    ids = {};
    for (const [name, changes] of gateways) ids[name] = (await hub.create(null, { name, ...changes })).id;
    await eventually(async () => expect((await hub.list('&state=reconnecting')).data).toHaveLength(3));
  });

  const namesOf = ({ data }: ConnectionPageDto) => data.map(({ name }) => name);
  const get = (query: string) => hub.http.get(`/api/connections?${query}`);

  it('STATUS-04: contains every gateway once, ordered by name', async () => {
    const page = await hub.list();
    expect(namesOf(page)).toEqual(['C', 'a', 'b', 'd', 'é']);
    expect(page.pagination).toEqual({
      total: 5,
      limit: 100,
      offset: 0,
      hasNext: false,
      hasPrev: false,
      next_cursor: null,
    });
    const gateways = (await hub.http.get('/api/gateways?limit=100').expect(200)).body as { data: { id: string }[] };
    expect(page.data.map(({ id }) => id)).toEqual(gateways.data.map(({ id }) => id));
  });

  it('STATUS-04: has entries that are equal to the statuses', async () => {
    const [entry] = (await hub.list('&state=disconnected')).data;
    const status = await hub.statusOf({ id: String(ids['a']) });
    expect(entry).toEqual(Object.assign(status, { as_of: entry?.as_of }));
  });

  it('STATUS-04: is paged', async () => {
    const page = (await get('limit=2&offset=1').expect(200)).body as ConnectionPageDto;
    expect(namesOf(page)).toEqual(['a', 'b']);
    expect(page.pagination).toEqual({
      total: 5,
      limit: 2,
      offset: 1,
      hasNext: true,
      hasPrev: true,
      next_cursor: expect.any(String) as string,
    });
    const last = (await get('limit=2&offset=4').expect(200)).body as ConnectionPageDto;
    expect(namesOf(last)).toEqual(['é']);
    expect(last.pagination).toMatchObject({ hasNext: false, hasPrev: true });
    expect((await get('offset=5').expect(200)).body).toMatchObject({ data: [], pagination: { total: 5, limit: 20 } });
  });

  it.each(NAME_SORTS)('STATUS-04: has the same order as the list of gateways, page by page: sort=%s', async (sort) => {
    const stored = (await hub.http.get(`/api/gateways?limit=100&sort=${sort}`).expect(200)).body as ConnectionPageDto;
    const pages: ConnectionPageDto[] = [];
    for (let cursor = ''; cursor !== 'none';) {
      const page = (await get(`limit=2&sort=${sort}${cursor}`).expect(200)).body as ConnectionPageDto;
      pages.push(page);
      cursor = page.pagination.next_cursor === null ? 'none' : `&cursor=${page.pagination.next_cursor}`;
    }

    expect(pages.flatMap(namesOf)).toEqual(namesOf(stored));
    expect(pages.map(({ pagination }) => [pagination.total, pagination.offset])).toEqual([
      [5, 0],
      [5, 2],
      [5, 4],
    ]);
  });

  it('STATUS-04: can be filtered by state and by factory', async () => {
    expect(namesOf(await hub.list('&state=disconnected'))).toEqual(['a', 'b']);
    expect(namesOf(await hub.list('&state=reconnecting'))).toEqual(['C', 'd', 'é']);
    expect(namesOf(await hub.list('&state=connected'))).toEqual([]);
    expect(namesOf(await hub.list(`&factory_id=${other.id}`))).toEqual(['C', 'a']);
    expect(namesOf(await hub.list(`&factory_id=${other.id}&state=disconnected`))).toEqual(['a']);
  });

  it('STATUS-04: can be filtered by several states, reasons, the organization, and a part of the name or label', async () => {
    expect(namesOf(await hub.list('&state=disconnected&state=reconnecting&sort=-name'))).toHaveLength(5);
    expect(namesOf(await hub.list('&reason_code=connect_refused&reason_code=dns_failed'))).toEqual(['C', 'd', 'é']);
    expect(namesOf(await hub.list('&reason_code=dns_failed'))).toEqual([]);
    expect(namesOf(await hub.list('&search=É'))).toEqual(['é']);
    const { data } = await hub.list('&search=a&state=disconnected');
    const label = data.find(({ name }) => name === 'a')?.gateway_id ?? '-';
    expect(namesOf(await hub.list(`&search=${label.toLowerCase()}`))).toContain('a');
    const { organization_id: own } = (await hub.http.get(`/api/factories/${other.id}`).expect(200)).body as FactoryDto;
    expect(namesOf(await hub.list(`&organization_id=${own}`))).toEqual(['C', 'a']);
  });

  it('STATUS-04: can be sorted by what is observed, page by page', async () => {
    const sorted = await hub.list('&sort=-state');
    expect(sorted.data.map(({ state }) => state)).toEqual([
      ...['reconnecting', 'reconnecting', 'reconnecting', 'disconnected', 'disconnected'],
    ]);
    const first = (await get('sort=-state&limit=3').expect(200)).body as ConnectionPageDto;
    const cursor = String(first.pagination.next_cursor);
    const second = (await get(`sort=-state&limit=3&cursor=${cursor}`).expect(200)).body as ConnectionPageDto;
    expect(namesOf(first).concat(namesOf(second))).toEqual(namesOf(sorted));
    await get(`sort=state&limit=3&cursor=${cursor}`).expect(400, /"path":"cursor"/);
    await get(`sort=-state&state=connected&cursor=${cursor}`).expect(400, /"path":"cursor"/);
  });

  it('STATUS-04: accepts the reserved state as a filter, and reports it for no gateway', async () => {
    expect(await hub.list('&state=unknown')).toMatchObject({ data: [], pagination: { total: 0 } });
    await hub.http.get('/api/events?state=unknown&id=1').expect(400, /"path":"id"/);
  });

  it.each([
    'state=broken',
    'factory_id=1',
    'limit=0',
    'limit=101',
    'offset=-1',
    'search=',
    'state=',
    'state=connected&state=broken',
  ])('STATUS-04: rejects the invalid query %s', async (query) => {
    await get(query).expect(400, /VALIDATION_ERROR/);
  });
});

describe('refused logins', () => {
  const hub = aHub();

  describe.each(['a', 'b'] as const)('in shape %s', (shape) => {
    it('lead to auth_failed, and are not retried for minutes', async () => {
      const device = await aDevice({ password: 'something else', refusal: shape });
      const gateway = await hub.create(device);
      const status = await hub.reaches(gateway, { state: 'auth_failed', attempt: 1 });
      expect(status.reason).toMatchObject({ code: 'login_refused', step: 'login' });
      expect(JSON.stringify(status)).not.toContain(LOGIN.password);
      expect(waitOf(status)).toBeGreaterThan(250_000);
      await eventually(() => expect(device.closes).toMatchObject([{ code: 1000 }]));

      // Another gateway goes through its whole back-off meanwhile.
      const flapping = await aDevice();
      await flapping.stopListening();
      await hub.fails(await hub.create(flapping), 4);
      expect(device.logins).toHaveLength(1);
      expect(device.upgradesAsked).toBe(1);
    });

    it('LIFECYCLE-02: are retried at once with a new password', async () => {
      const device = await aDevice({ password: 'the right one', refusal: shape });
      const gateway = await hub.create(device);
      await hub.reaches(gateway, { state: 'auth_failed' });
      await hub.put(gateway, { password: 'the right one' });
      await hub.reaches(gateway, { state: 'connected', reason: null, attempt: 0 });
      expect(device.logins.map(({ accepted }) => accepted)).toEqual([false, true]);
      expect(device.maxOpenConnections).toBe(1);
    });

    it('STATUS-02: get one try from each connect order', async () => {
      const device = await aDevice({ password: 'something else', refusal: shape });
      const gateway = await hub.create(device);
      await hub.reaches(gateway, { state: 'auth_failed', attempt: 1 });
      await hub.order(gateway, 'connect');
      await hub.reaches(gateway, { state: 'auth_failed', attempt: 2 });
      expect(device.logins).toHaveLength(2);

      device.setCredentials(LOGIN.email, LOGIN.password);
      await hub.order(gateway, 'connect');
      await hub.reaches(gateway, { state: 'connected', reason: null });
      expect(device.logins).toHaveLength(3);
      expect(device.maxOpenConnections).toBe(1);
    });
  });

  it('LIFECYCLE-02: get one try when the same password is sent again, and none from other changes', async () => {
    const device = await aDevice({ password: 'something else' });
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { state: 'auth_failed', attempt: 1 });
    await hub.put(gateway, { name: 'Renamed' });
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'auth_failed', attempt: 1 });

    await hub.put(gateway, { password: LOGIN.password });
    await hub.reaches(gateway, { state: 'auth_failed', attempt: 2 });
    expect(device.logins).toHaveLength(2);
    await hub.put(gateway, { password: LOGIN.password });
    await hub.reaches(gateway, { state: 'auth_failed', attempt: 3 });
    await hub.put(gateway, { password: LOGIN.password });
    await hub.reaches(gateway, { state: 'auth_failed', attempt: 4 });
    expect(device.logins).toHaveLength(4);

    device.setCredentials(LOGIN.email, LOGIN.password);
    await hub.put(gateway, { password: LOGIN.password });
    const { since } = await hub.reaches(gateway, { state: 'connected', reason: null });
    await hub.put(gateway, { password: LOGIN.password });
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', since });
    expect(device.logins).toHaveLength(5);
  });

  it('in shape c, by closing, count as a network failure', async () => {
    const device = await aDevice({ profile: 'refuse-c' });
    const gateway = await hub.create(device);
    const { reason } = await hub.fails(gateway, 2);
    expect(reason).toMatchObject({ code: 'closed_by_gateway', step: 'login' });
    expect(reason?.message).toContain('1000');

    device.refuseLogins(null);
    await hub.reaches(gateway, { state: 'connected' });
    expect(device.maxOpenConnections).toBe(1);
  });

  it('that are never answered count as a network failure with the code login_timeout', async () => {
    const device = await aDevice();
    device.muteLogins(true);
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { state: 'reconnecting', reason: { code: 'login_timeout', step: 'login' } });
    await eventually(() => expect(device.closes[0]).toMatchObject({ code: 1000 }));
    device.muteLogins(false);
    await hub.reaches(gateway, { state: 'connected' });
    expect(device.maxOpenConnections).toBe(1);
  });
});

describe('retried logins', () => {
  const hub = aHub({ AUTH_RETRY_MS: '100' });

  it('get two more tries after a refusal, and then wait for an operator', async () => {
    const device = await aDevice({ profile: 'refuse-a' });
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { state: 'auth_failed', attempt: 3, next_retry_at: null });
    await hub.reaches(await hub.create(await aDevice({ profile: 'refuse-a' })), { attempt: 3, next_retry_at: null });
    expect(device.logins).toHaveLength(3);
    expect(device.maxOpenConnections).toBe(1);

    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { state: 'auth_failed', attempt: 4, next_retry_at: null });
    expect(device.logins).toHaveLength(4);
  });

  it('succeed without an order once the gateway accepts them', async () => {
    const device = await aDevice();
    device.refuseLogins('b');
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { state: 'auth_failed' });
    device.refuseLogins(null);
    await hub.reaches(gateway, { state: 'connected', reason: null });
  });
});

describe('logins without an answer', () => {
  const hub = aHub({ RECONNECT_MAX_MS: '50' });

  it('are retried slowly after the fifth, when the credentials were never accepted', async () => {
    const device = await aDevice({ profile: 'refuse-c' });
    const gateway = await hub.create(device);
    const status = await hub.reaches(gateway, { state: 'reconnecting', attempt: 5 });
    expect(waitOf(status)).toBeGreaterThan(250_000);
    expect(device.logins).toHaveLength(5);
    device.refuseLogins(null);
    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { state: 'connected' });

    // From now on they are known to be right, and the gateway to be in trouble.
    device.refuseLogins('c');
    device.drop();
    await hub.fails(gateway, 14);
    expect(device.maxOpenConnections).toBe(1);
  });
});

describe('rows that were edited by hand', () => {
  const hub = aHub(PATIENT);

  async function tamperWith({ id }: { id: string }, change: string): Promise<void> {
    const client = new Client({ connectionString: hub.database.url });
    await client.connect();
    try {
      await client.query(`UPDATE gateways SET ${change} WHERE id = $1`, [id]);
    } finally {
      await client.end();
    }
  }

  it.each(['not a URL', 'ftp://10.0.0.7'])('ORCH-06: a URL such as "%s" affects no other gateway', async (url) => {
    const [device, neighbour] = [await aDevice(), await aDevice()];
    const spoilt = await hub.connected(device);
    const sound = await hub.connected(neighbour);
    await tamperWith(spoilt, `url = '${url}'`);
    await hub.restart();

    await hub.reaches(sound, { state: 'connected' });
    await hub.reaches(spoilt, { state: 'auth_failed', reason: { code: 'credentials_unreadable' } });
    await hub.put(spoilt, { url: device.url, password: LOGIN.password });
    await hub.reaches(spoilt, { state: 'connected' });
  });

  it('CRYPTO-02, ORCH-06: a password that cannot be decrypted stops only its gateway, until it gets a new password', async () => {
    const [device, neighbour] = [await aDevice(), await aDevice()];
    const spoilt = await hub.connected(device);
    const sound = await hub.connected(neighbour);
    await tamperWith(spoilt, `password_encrypted = left(password_encrypted, -6) || 'AAAAAA'`);
    await hub.restart();

    await hub.reaches(sound, { state: 'connected' });
    const status = await hub.reaches(spoilt, { state: 'auth_failed', next_retry_at: null });
    expect(status.reason).toMatchObject({ code: 'credentials_unreadable', step: 'credentials' });
    expect(device.connectionsAccepted).toBe(1);

    await hub.order(spoilt, 'connect');
    await hub.reaches(spoilt, { state: 'auth_failed', attempt: 2, reason: { code: 'credentials_unreadable' } });
    await hub.put(spoilt, { password: LOGIN.password });
    await hub.reaches(spoilt, { state: 'connected', reason: null, attempt: 0 });
    expect([device, neighbour].map(({ maxOpenConnections }) => maxOpenConnections)).toEqual([1, 1]);
    expect(neighbour.connectionsAccepted).toBe(2);
  });
});

describe('last_seen_at', () => {
  const hub = aHub({ LAST_SEEN_INTERVAL_MS: '60000' }); // Longer than a test: a connection is stored for its own sake.

  const stored = async ({ id }: { id: string }) =>
    ((await hub.http.get(`/api/gateways/${id}`).expect(200)).body as CreatedGateway).last_seen_at;

  it('STATUS-05: is stored within 2 s of a successful connection, and survives a restart', async () => {
    const device = await aDevice();
    const before = Date.now();
    const gateway = await hub.connected(device);
    const at = await eventually(async () => {
      const text = await stored(gateway);
      expect(text).toMatch(TIME);
      return text ?? '';
    });
    expect(FLUSH_MS).toBeLessThan(2000);
    expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());

    await hub.order(gateway, 'disconnect');
    await hub.restart();
    const { last_seen_at } = await hub.statusOf(gateway);
    expect(Date.parse(last_seen_at ?? '')).toBeGreaterThanOrEqual(Date.parse(at));
  });

  it('STATUS-05: is also stored at a shutdown, and does not change updated_at', async () => {
    const gateway = await hub.connected(await aDevice());
    const { latency_ms } = await hub.reaches(gateway, { latency_ms: expect.any(Number) as number });
    expect(latency_ms).not.toBeNull();
    const { last_seen_at } = await hub.statusOf(gateway);
    await hub.restart();
    expect(Date.parse((await stored(gateway)) ?? '')).toBeGreaterThanOrEqual(Date.parse(last_seen_at ?? ''));
    expect((await hub.http.get(`/api/gateways/${gateway.id}`)).body).toMatchObject({ updated_at: gateway.updated_at });
  });

  it('STATUS-05: stays empty for a gateway that was never reached', async () => {
    const device = await aDevice();
    await device.stopListening();
    const gateway = await hub.create(device);
    expect(await hub.fails(gateway, 3)).toMatchObject({ last_seen_at: null });
    expect(await stored(gateway)).toBeNull();
  });
});

describe('while the database is down', () => {
  let hub: TestApp;
  let network: DatabaseNetwork;

  beforeAll(async () => {
    hub = await startTestApp();
    network = await DatabaseNetwork.to(hub.database);
    await hub.restart({ DATABASE_URL: network.url });
  });
  afterEach(closeDevices);
  afterAll(async () => {
    await hub.close();
    await network.close();
  });

  it('STATUS-01, STATUS-04: the status and the list are answered, and a lost session reconnects', async () => {
    const device = await aDevice();
    const gateway = await createGateway(hub.http, await createFactory(hub.http), device);
    const reaches = (expected: object) =>
      eventually(async () => {
        expect((await hub.http.get(`/api/gateways/${gateway.id}/status`).expect(200)).body).toMatchObject(expected);
      });
    await reaches({ state: 'connected' });

    await network.cut();
    await hub.http.get('/api/gateways').expect(500);
    await reaches({ state: 'connected', reconnects: 0 });
    const list = (await hub.http.get('/api/connections').expect(200)).body as ConnectionPageDto;
    expect(list.data).toMatchObject([{ id: gateway.id, state: 'connected' }]);

    device.drop();
    await reaches({ state: 'connected', reconnects: 1 });
    expect(device.maxOpenConnections).toBe(1);

    await network.restore();
    await eventually(() => hub.http.post(`/api/gateways/${gateway.id}/disconnect`).expect(202));
    await eventually(() => expect(device.openConnections).toBe(0));
  });
});
