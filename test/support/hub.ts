import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type TestAgent from 'supertest/lib/agent';
import type { ConnectionPageDto, ConnectionStatusDto } from '../../src/status/connection-status.dto';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { SimulatedGatewayOptions } from '../../simulator/simulated-gateway';
import { createFactory, createGateway } from './builders';
import type { CreatedGateway } from './builders';
import { startTestApp } from './create-app';
import type { TestApp, Variables } from './create-app';
import type { TestDatabase } from './database';
import { eventually } from './eventually';
import { SHORT_HISTORY } from './short-history';

interface Identified {
  readonly id: string;
}

const devices: SimulatedGateway[] = [];

/**
 * A simulated gateway, by default with a history of a few records, which the service fetches a few seconds after its login. It is closed
 * after the test, when the gateways that dial it have been deleted.
 */
export async function aDevice(options: SimulatedGatewayOptions = {}): Promise<SimulatedGateway> {
  const device = await SimulatedGateway.listen({ ...SHORT_HISTORY, ...options });
  devices.push(device);
  return device;
}

export async function closeDevices(): Promise<void> {
  await Promise.all(devices.splice(0).map((device) => device.close()));
}

/** A hub for all tests of a group. It is started before the first one and closed after the last one. */
export function aHub(variables: Variables = {}): Hub {
  const hub = new Hub();
  beforeAll(() => hub.start({ CLOSE_TIMEOUT_MS: '3000', ...variables }));
  afterEach(() => hub.clear());
  afterAll(() => hub.close());
  return hub;
}

/** The service in this process with a database and a factory of its own, and what an operator does with it. */
export class Hub {
  private service!: TestApp;
  private ownFactory!: Identified;

  async start(variables: Variables = {}): Promise<void> {
    this.service = await startTestApp(variables);
    this.ownFactory = await createFactory(this.http);
  }

  get app(): NestFastifyApplication {
    return this.service.app;
  }

  get http(): TestAgent {
    return this.service.http;
  }

  get url(): string {
    return this.service.url;
  }

  get database(): TestDatabase {
    return this.service.database;
  }

  factory(): Identified {
    return this.ownFactory;
  }

  /** Stops the service and starts it again on the same database. */
  restart(changes: Variables = {}): Promise<void> {
    return this.service.restart(changes);
  }

  /** Stops the service; the database stays. */
  stop(): Promise<void> {
    return this.service.stop();
  }

  /** Stops the service and drops its database. */
  close(): Promise<void> {
    return this.service.close();
  }

  create(device: { url: string } | null, changes: object = {}): Promise<CreatedGateway> {
    return createGateway(this.http, this.ownFactory, device, changes);
  }

  /** Creates a gateway, and waits until it is connected. */
  async connected(device: SimulatedGateway, changes: object = {}): Promise<CreatedGateway> {
    const gateway = await this.create(device, changes);
    await this.reaches(gateway, { state: 'connected' });
    return gateway;
  }

  async order({ id }: Identified, order: 'connect' | 'disconnect'): Promise<ConnectionStatusDto> {
    return (await this.http.post(`/api/gateways/${id}/${order}`).expect(202)).body as ConnectionStatusDto;
  }

  async put({ id }: Identified, changes: object): Promise<void> {
    await this.http.put(`/api/gateways/${id}`).send(changes).expect(200);
  }

  async delete({ id }: Identified): Promise<void> {
    await this.http.delete(`/api/gateways/${id}`).expect(204);
  }

  async list(query = ''): Promise<ConnectionPageDto> {
    return (await this.http.get(`/api/connections?limit=100${query}`).expect(200)).body as ConnectionPageDto;
  }

  async statusOf({ id }: Identified): Promise<ConnectionStatusDto> {
    return (await this.http.get(`/api/gateways/${id}/status`).expect(200)).body as ConnectionStatusDto;
  }

  /** Waits until the status of a gateway matches, and returns it. */
  reaches(gateway: Identified, expected: object): Promise<ConnectionStatusDto> {
    return eventually(async () => {
      const status = await this.statusOf(gateway);
      expect(status).toMatchObject(expected);
      return status;
    });
  }

  /**
   * Waits until the status of a gateway counts so many messages, besides the answers to what the service asks by itself, such as which
   * sensors there are.
   */
  counts(gateway: Identified, device: SimulatedGateway, messages: number, expected: object = {}) {
    return eventually(async () => {
      const answers = device.received.filter((type) => type.startsWith('GET_')).length;
      const status = await this.statusOf(gateway);
      expect(status).toMatchObject({ ...expected, messages_received: messages + answers });
      return status;
    });
  }

  /** Waits until at least `times` tries in a row have failed. */
  fails(gateway: Identified, times: number): Promise<ConnectionStatusDto> {
    return eventually(async () => {
      const status = await this.statusOf(gateway);
      expect(status.attempt).toBeGreaterThanOrEqual(times);
      return status;
    });
  }

  /** Waits until earlier orders have been carried out, which is the case when a gateway created later is connected and gone. */
  async everythingIsDone(options: SimulatedGatewayOptions = {}): Promise<void> {
    const device = await aDevice(options);
    const gateway = await this.connected(device);
    await eventually(() => expect(device.subscribedConnections).toBe(1));
    await this.delete(gateway);
    await eventually(() => expect(device.openConnections).toBe(0));
  }

  /** Deletes the gateways before it closes their devices: a freed port may go to a device of another test, and must not be dialled. */
  async clear(): Promise<void> {
    let left = devices.length > 0;
    while (left) {
      const { data } = await this.list();
      await Promise.all(data.map((gateway) => this.delete(gateway)));
      left = data.length > 0;
    }
    await closeDevices();
  }
}
