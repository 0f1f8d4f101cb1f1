import type { ConnectionTestDto } from '../../src/connection-tests/connection-test.dto';
import { OrganizationNetworks } from '../../src/organizations/organization-networks';
import { queryOnce } from '../integration/support/catalog';
import { aGateway, createFactory, createGateway } from '../support/builders';
import { aDevice, aHub } from '../support/hub';
import { KeyedService } from '../support/keyed-service';

const REFUSED = '127.0.0.1 is outside the allowed networks (gateway_networks of the organization)';
const ELSEWHERE = { gateway_networks: ['10.0.0.0/8', 'fd00::/8'] };

describe('the networks of an organization', () => {
  const hub = aHub({ RECONCILE_INTERVAL_MS: '600000' });

  const narrow = async (id: string, body: object) =>
    (await hub.http.put(`/api/organizations/${id}`).send(body).expect(200)).body as object;
  const inOrganization = (body: object) =>
    createFactory(hub.http).then(async (it) => (await narrow(it.organization_id, body), it));

  it('SEC-15: are null until they are set, and are shown as they are stored', async () => {
    const made = await hub.http.post('/api/organizations').send({ name: 'Wide' }).expect(201);
    const { id } = made.body as { id: string };
    expect(made.body).toMatchObject({ gateway_networks: null });
    expect(await narrow(id, { gateway_networks: ['10.0.0.0/8', 'FD00::/8'] })).toMatchObject(ELSEWHERE);
    expect(await narrow(id, { name: 'Named' })).toMatchObject(ELSEWHERE);
    expect(await narrow(id, { gateway_networks: null })).toMatchObject({ gateway_networks: null });
    const narrowed = await hub.http
      .post('/api/organizations')
      .send({ name: 'Narrow', ...ELSEWHERE })
      .expect(201);
    expect(narrowed.body).toMatchObject(ELSEWHERE);
  });

  it.each([[[]], [['10.0.0.0']], [['10.0.0.1/8']], [['::ffff:0:0/96']], ['10.0.0.0/8']])(
    'SEC-15: are refused if they are %j',
    async (gateway_networks) => {
      const { id } = await createFactory(hub.http).then((it) => ({ id: it.organization_id }));
      await hub.http
        .put(`/api/organizations/${id}`)
        .send({ gateway_networks })
        .expect(400, /gateway_networks/);
      await hub.http
        .post('/api/organizations')
        .send({ name: 'A', gateway_networks })
        .expect(400, /gateway_networks/);
    },
  );

  it('SEC-15: refuse addresses at creates, changes and tests, and no unchanged one', async () => {
    const device = await aDevice();
    const factory = await createFactory(hub.http);
    const offline = { desired_state: 'disconnected' };
    const earlier = await createGateway(hub.http, factory, device, offline);
    await narrow(factory.organization_id, ELSEWHERE);
    const draft = aGateway({ factory_id: factory.id, url: `${device.url}/x` });
    const changes = { ...draft, factory_id: undefined };

    const answers = [
      await hub.http.post('/api/gateways').send(draft),
      await hub.http.post('/api/gateways').send({ ...draft, url: 'ws://[::ffff:127.0.0.1]:1' }),
      await hub.http.put(`/api/gateways/${earlier.id}`).send({ url: draft.url }),
      await hub.http.post('/api/gateways/test').send(draft),
      await hub.http.post(`/api/gateways/${earlier.id}/test`).send(changes),
    ];
    expect(answers.map(({ status }) => status)).toEqual([422, 400, 422, 422, 422]);
    for (const index of [0, 2, 3, 4]) {
      expect(answers[index]?.body).toMatchObject({
        error: { code: 'ADDRESS_REFUSED', message: REFUSED, details: [{ path: 'url' }] },
      });
    }
    await hub.put(earlier, { url: device.url, name: 'Another name' });
    await createGateway(hub.http, factory, null, { ...offline, url: 'ws://10.1.2.3:1' });
    await createGateway(hub.http, factory, null, { ...offline, url: 'ws://[fd00::1]:1' });
    await createGateway(hub.http, hub.factory(), device, offline); // Another organization.
    expect(device.maxOpenConnections).toBe(0);
  });

  it('SEC-15: are checked when a name is dialled, by a session and by a test', async () => {
    const factory = await inOrganization(ELSEWHERE);
    const url = (await aDevice()).url.replace('127.0.0.1', 'localhost');
    const gateway = await createGateway(hub.http, factory, null, { url });
    const { reason } = await hub.reaches(gateway, { state: 'reconnecting', reason: { step: 'resolve' } });
    expect(reason).toMatchObject({ code: 'address_refused' });
    expect(reason?.message).toContain('gateway_networks of the organization');
    const { body } = (await hub.http
      .post('/api/gateways/test')
      .send(aGateway({ factory_id: factory.id, url }))
      .expect(200)) as { body: unknown };
    expect((body as ConnectionTestDto).rungs.at(-1)?.reason).toMatchObject({
      code: 'address_refused',
      step: 'resolve',
    });
    await hub.delete(gateway);
  });

  it('SEC-15: end live sessions when they change, which say why, and let them return', async () => {
    const device = await aDevice();
    const factory = await createFactory(hub.http);
    const gateway = await createGateway(hub.http, factory, device);
    const other = await hub.connected(await aDevice());
    await hub.reaches(gateway, { state: 'connected' });

    await narrow(factory.organization_id, { gateway_networks: ['127.0.0.0/8'] });
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected' });
    await narrow(factory.organization_id, ELSEWHERE);
    await hub.reaches(gateway, { state: 'reconnecting', reason: { code: 'address_refused', message: REFUSED } });
    const { body } = (await hub.http.get(`/api/gateways/${gateway.id}/events`).expect(200)) as { body: unknown };
    expect(JSON.stringify(body)).toContain(`"step":"live","message":"${REFUSED}"`);
    await hub.fails(gateway, 2);
    expect(device.openConnections).toBe(0);
    expect(await hub.statusOf(other)).toMatchObject({ state: 'connected' });

    await narrow(factory.organization_id, { gateway_networks: null });
    await hub.reaches(gateway, { state: 'connected' });
    await hub.delete(gateway);
  });

  it('SEC-15: reach live sessions when another process has changed them', async () => {
    const factory = await createFactory(hub.http);
    const gateway = await createGateway(hub.http, factory, await aDevice());
    await hub.reaches(gateway, { state: 'connected' });
    await queryOnce(
      hub.database,
      `UPDATE organizations SET gateway_networks = '{10.0.0.0/8}' WHERE id = '${factory.organization_id}'`,
    );
    await hub.app.get(OrganizationNetworks).refresh();
    await hub.reaches(gateway, { state: 'reconnecting', reason: { code: 'address_refused' } });
    await hub.delete(gateway);
  });

  it('SEC-15: apply before the first dial of a service that starts', async () => {
    const device = await aDevice();
    const factory = await createFactory(hub.http);
    const gateway = await createGateway(hub.http, factory, device, { desired_state: 'disconnected' });
    await narrow(factory.organization_id, ELSEWHERE);
    await hub.order(gateway, 'connect');
    await hub.restart();
    await hub.reaches(gateway, { state: 'reconnecting', reason: { code: 'address_refused' } });
    expect(device.maxOpenConnections).toBe(0);
    await hub.delete(gateway);
  });

  it('SEC-21: have their changes in the audit log', async () => {
    const { organization_id } = await inOrganization(ELSEWHERE);
    const { body } = (await hub.http.get(`/api/audit?object_id=${organization_id}&limit=1`).expect(200)) as {
      body: unknown;
    };
    expect(body).toMatchObject({
      data: [{ action: 'organization.update', changes: { gateway_networks: [null, ELSEWHERE.gateway_networks] } }],
    });
  });
});

describe('the networks of an organization, with keys', () => {
  let service: KeyedService;
  beforeAll(async () => (service = await KeyedService.start()));
  afterAll(() => service.close());

  it('SEC-15: cannot be changed by a key of the organization', async () => {
    const organization_id = await service.organization();
    const { secret } = await service.make({ role: 'admin', organization_id });
    const path = `/api/organizations/${organization_id}`;
    await service.send('put', path).send(ELSEWHERE).expect(200);
    await service.send('put', path, secret).send({ gateway_networks: null }).expect(403);
    expect((await service.get(path, secret).expect(200)).body).toMatchObject(ELSEWHERE);
  });

  it('SEC-15: apply to what a key of the organization tests, whatever factory it names', async () => {
    const organization_id = await service.organization();
    const { secret } = await service.make({ role: 'admin', organization_id });
    await service.send('put', `/api/organizations/${organization_id}`).send(ELSEWHERE).expect(200);
    for (const factory_id of [
      await service.factory(organization_id),
      await service.factory(await service.organization()),
    ]) {
      await service
        .send('post', '/api/gateways/test', secret)
        .send(aGateway({ factory_id }))
        .expect(422, /ADDRESS_REFUSED/);
    }
  });
});
