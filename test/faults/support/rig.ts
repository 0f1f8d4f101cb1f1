import { ConnectionSupervisor } from '../../../src/connections/connection.supervisor';
import type { ConnectionPageDto, ConnectionStatusDto } from '../../../src/status/connection-status.dto';
import { SimulatedGateway } from '../../../simulator/simulated-gateway';
import type { SimulatedGatewayOptions } from '../../../simulator/simulated-gateway';
import { createFactory, createGateway } from '../../support/builders';
import type { CreatedGateway } from '../../support/builders';
import { startTestApp } from '../../support/create-app';
import type { TestApp, Variables } from '../../support/create-app';
import { eventually } from '../../support/eventually';

interface Identified {
  readonly id: string;
}

/** A service for all tests of a group, devices for each test, and helpers for both. */
export class Rig {
  hub!: TestApp;
  factory!: Identified;
  private readonly devices: SimulatedGateway[] = [];

  /** Registers its own set-up and tear-down with the enclosing group. */
  static use(variables: Variables): Rig {
    const rig = new Rig();
    beforeAll(async () => {
      rig.hub = await startTestApp({ CLOSE_TIMEOUT_MS: '3000', ...variables });
      rig.factory = await createFactory(rig.hub.http);
    });
    afterEach(() => rig.clear());
    afterAll(() => rig.hub.close());
    return rig;
  }

  async device(options: SimulatedGatewayOptions = {}): Promise<SimulatedGateway> {
    const device = await SimulatedGateway.listen(options);
    this.devices.push(device);
    return device;
  }

  create(device: { url: string }, changes: object = {}): Promise<CreatedGateway> {
    return createGateway(this.hub.http, this.factory, device, changes);
  }

  async connected(device: SimulatedGateway, changes: object = {}): Promise<CreatedGateway> {
    const gateway = await this.create(device, changes);
    await this.reaches(gateway, { state: 'connected' });
    await eventually(() => expect(device.subscribedConnections).toBe(1));
    return gateway;
  }

  async status({ id }: Identified): Promise<ConnectionStatusDto> {
    return (await this.hub.http.get(`/api/gateways/${id}/status`).expect(200)).body as ConnectionStatusDto;
  }

  reaches(gateway: Identified, expected: object): Promise<ConnectionStatusDto> {
    return eventually(async () => {
      const status = await this.status(gateway);
      expect(status).toMatchObject(expected);
      return status;
    });
  }

  /** Waits until at least `times` tries in a row have failed. */
  async fails(gateway: Identified, times: number): Promise<void> {
    await eventually(async () => expect((await this.status(gateway)).attempt).toBeGreaterThanOrEqual(times));
  }

  async order({ id }: Identified, order: 'connect' | 'disconnect'): Promise<ConnectionStatusDto> {
    return (await this.hub.http.post(`/api/gateways/${id}/${order}`).expect(202)).body as ConnectionStatusDto;
  }

  async change({ id }: Identified, changes: object): Promise<void> {
    await this.hub.http.put(`/api/gateways/${id}`).send(changes).expect(200);
  }

  async delete({ id }: Identified): Promise<void> {
    await this.hub.http.delete(`/api/gateways/${id}`).expect(204);
  }

  /** Runs all `acts` at once, with a reconcile before, beside and after them. */
  async beside<Result>(...acts: (() => Promise<Result>)[]): Promise<Result[]> {
    const reconcile = () => this.hub.app.get(ConnectionSupervisor).reconcile();
    const first = reconcile();
    const results = Promise.all(acts.map((act) => act()));
    await Promise.all([first, results, reconcile()]);
    await reconcile();
    return results;
  }

  async expectGone(...gateways: Identified[]): Promise<void> {
    const page = (await this.hub.http.get('/api/connections?limit=100').expect(200)).body as ConnectionPageDto;
    const listed = page.data.map(({ id }) => id);
    for (const { id } of gateways) {
      await this.hub.http.get(`/api/gateways/${id}/status`).expect(404, /GATEWAY_NOT_FOUND/);
      expect(listed).not.toContain(id);
    }
  }

  /** Waits until earlier orders have been carried out, which is the case when a gateway created later has been connected and is gone. */
  async everythingIsDone(): Promise<void> {
    const device = await this.device();
    await this.delete(await this.connected(device));
    await eventually(() => expect(device.openConnections).toBe(0));
  }

  /** Deletes the gateways first: the port of a closed device must not be dialled. */
  private async clear(): Promise<void> {
    const page = (await this.hub.http.get('/api/connections?limit=100').expect(200)).body as ConnectionPageDto;
    await Promise.all(page.data.map((gateway) => this.delete(gateway)));
    await Promise.all(this.devices.splice(0).map((device) => device.close()));
  }
}
