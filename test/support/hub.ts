import type { ConnectionPageDto, ConnectionStatusDto } from '../../src/status/connection-status.dto';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { SimulatedGatewayOptions } from '../../simulator/simulated-gateway';
import { createFactory, createGateway } from './builders';
import type { CreatedGateway } from './builders';
import { startTestApp } from './create-app';
import type { TestApp, Variables } from './create-app';
import { eventually } from './eventually';

const devices: SimulatedGateway[] = [];

/** A simulated gateway. It is closed after the test, when the gateways that dial it have been deleted. */
export async function aDevice(options: SimulatedGatewayOptions = {}): Promise<SimulatedGateway> {
  const device = await SimulatedGateway.listen(options);
  devices.push(device);
  return device;
}

export async function closeDevices(): Promise<void> {
  await Promise.all(devices.splice(0).map((device) => device.close()));
}

/** Runs before devices are closed: a freed port may go to a device of another test, and must not be dialled. */
async function deleteAll({ http }: TestApp): Promise<void> {
  const page = (await http.get('/api/connections?limit=100').expect(200)).body as ConnectionPageDto;
  await Promise.all(page.data.map(({ id }) => http.delete(`/api/gateways/${id}`).expect(204)));
}

export type Hub = ReturnType<typeof aHub>;

/** A hub for all tests of a group, with helpers. */
export function aHub(variables: Variables = {}) {
  let hub: TestApp;
  let factory: { id: string };
  beforeAll(async () => {
    hub = await startTestApp({ CLOSE_TIMEOUT_MS: '3000', ...variables });
    factory = await createFactory(hub.http);
  });
  afterEach(async () => {
    if (devices.length > 0) await deleteAll(hub);
    await closeDevices();
  });
  afterAll(() => hub.close());

  async function statusOf({ id }: { id: string }): Promise<ConnectionStatusDto> {
    return (await hub.http.get(`/api/gateways/${id}/status`).expect(200)).body as ConnectionStatusDto;
  }

  function reaches(gateway: { id: string }, expected: object): Promise<ConnectionStatusDto> {
    return eventually(async () => {
      const status = await statusOf(gateway);
      expect(status).toMatchObject(expected);
      return status;
    });
  }

  /** Waits until at least `times` tries in a row have failed. */
  function fails(gateway: { id: string }, times: number): Promise<ConnectionStatusDto> {
    return eventually(async () => {
      const status = await statusOf(gateway);
      expect(status.attempt).toBeGreaterThanOrEqual(times);
      return status;
    });
  }

  const create = (device: { url: string } | null, changes: object = {}) =>
    createGateway(hub.http, factory, device, changes);

  return {
    get http() {
      return hub.http;
    },
    get url() {
      return hub.url;
    },
    get database() {
      return hub.database;
    },
    restart: (changes: Variables = {}) => hub.restart(changes),
    factory: () => factory,
    statusOf,
    reaches,
    fails,
    create,
    connected: async (device: SimulatedGateway, changes: object = {}): Promise<CreatedGateway> => {
      const gateway = await create(device, changes);
      await reaches(gateway, { state: 'connected' });
      return gateway;
    },
    order: async ({ id }: { id: string }, order: 'connect' | 'disconnect'): Promise<ConnectionStatusDto> =>
      (await hub.http.post(`/api/gateways/${id}/${order}`).expect(202)).body as ConnectionStatusDto,
    put: ({ id }: { id: string }, changes: object) => hub.http.put(`/api/gateways/${id}`).send(changes).expect(200),
    list: async (query = ''): Promise<ConnectionPageDto> =>
      (await hub.http.get(`/api/connections?limit=100${query}`).expect(200)).body as ConnectionPageDto,
    /** Waits until earlier orders have been carried out, which is the case when a gateway created later is connected. */
    everythingIsDone: async (): Promise<void> => {
      const device = await aDevice();
      const gateway = await create(device);
      await reaches(gateway, { state: 'connected' });
      await hub.http.delete(`/api/gateways/${gateway.id}`).expect(204);
      await eventually(() => expect(device.openConnections).toBe(0));
    },
  };
}
