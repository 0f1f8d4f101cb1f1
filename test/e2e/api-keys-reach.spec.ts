import type { ConnectionPageDto } from '../../src/status/connection-status.dto';
import { aGateway } from '../support/builders';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';
import { aDevice, closeDevices } from '../support/hub';
import { KeyedService } from '../support/keyed-service';

let service: KeyedService;
const sides: { organization: string; factory: string; gateway: string; key: string }[] = [];

async function createGateway(factory: string): Promise<string> {
  const body = aGateway({ factory_id: factory, url: (await aDevice()).url });
  const created = await service.send('post', '/api/gateways').send(body).expect(201);
  return (created.body as { id: string }).id;
}

beforeAll(async () => {
  service = await KeyedService.start({ MAX_STREAMS_PER_ACTOR: '1' });
  await eventually(() => service.get('/api/health/ready', null).expect(200));
  for (let side = 0; side < 2; side += 1) {
    const organization = await service.organization();
    const factory = await service.factory(organization);
    const gateway = await createGateway(factory);
    const { secret: key } = await service.make({ role: 'operator', organization_id: organization });
    sides.push({ organization, factory, gateway, key });
  }
});
afterAll(async () => {
  await service.close();
  await closeDevices();
});

describe('a key of an organization', () => {
  it('SEC-07: reads, lists and orders only what belongs to its organization', async () => {
    const [own, foreign] = sides;
    if (!own || !foreign) throw new Error('two organizations are needed');
    for (const path of ['', '/status', '/events']) {
      await service.get(`/api/gateways/${own.gateway}${path}`, own.key).expect(200);
      await service.get(`/api/gateways/${foreign.gateway}${path}`, own.key).expect(404);
    }
    await service.get(`/api/factories/${foreign.factory}`, own.key).expect(404);
    await service.send('post', `/api/gateways/${foreign.gateway}/disconnect`, own.key).expect(404);
    const { body } = (await service.get('/api/connections', own.key).expect(200)) as { body: unknown };
    expect((body as ConnectionPageDto).data.map(({ id }) => id)).toEqual([own.gateway]);
    const health = await service.get('/api/health', own.key).expect(200);
    const { connections } = health.body as { connections: Record<string, number> };
    expect(Object.values(connections).reduce((sum, count) => sum + count)).toBe(1);
    expect(health.body).not.toHaveProperty('readings'); // Its figures are of all organizations.
  });

  it('SEC-07: streams only state changes of its organization', async () => {
    const [own, foreign] = sides;
    if (!own || !foreign) throw new Error('two organizations are needed');
    for (const { gateway } of sides) {
      await eventually(async () =>
        expect((await service.get(`/api/gateways/${gateway}/status`)).body).toMatchObject({ state: 'connected' }),
      );
    }
    const streams = [own, foreign].map(({ key }) => EventStream.open(service, '', undefined, key));
    const [ownStream, foreignStream] = await Promise.all(streams);
    const all = await EventStream.open(service, '', undefined, service.admin);
    await service.send('post', `/api/gateways/${foreign.gateway}/disconnect`, foreign.key).expect(202);
    await service.send('post', `/api/gateways/${own.gateway}/disconnect`, own.key).expect(202);
    await foreignStream?.tells('disconnected');
    await ownStream?.tells('disconnected');
    await all.tells('disconnected', 'disconnected');
    expect(ownStream?.statuses.map(({ id }) => id)).toEqual([own.gateway]);
    for (const stream of [ownStream, foreignStream, all]) stream?.close();
  });

  it('SEC-07: has streams of its own to use up, whatever its address', async () => {
    const [own, foreign] = sides;
    if (!own || !foreign) throw new Error('two organizations are needed');
    const first = await eventually(() => EventStream.open(service, '', undefined, own.key));
    await service.get('/api/events', own.key).expect(429);
    const second = await EventStream.open(service, '', undefined, foreign.key);
    for (const stream of [first, second]) stream.close();
  });
});
