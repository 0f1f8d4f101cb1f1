import { EVERYWHERE } from '../../../src/common/actor';
import { ConnectionSupervisor } from '../../../src/connections/connection.supervisor';
import type { ConnectionPageDto, ConnectionStatusDto } from '../../../src/status/connection-status.dto';
import { GatewaysService } from '../../../src/gateways/gateways.service';
import { SimulatedGateway } from '../../../simulator/simulated-gateway';
import { createFactory } from '../../support/builders';
import type { TestApp } from '../../support/create-app';
import { FaultyDevice } from './faults';
import type { Place, Wish } from './model';
import { SHORT_HISTORY } from '../../support/short-history';

/** Number of gateways in a plant. */
export const GATEWAYS = 3;

const NOWHERE = 'ws://127.0.0.1:9';

interface Gateway {
  readonly id: string;
  readonly faulty: FaultyDevice;
}

/**
 * The system under test: a service and three gateways, each known by its index. Every gateway that is created gets its own device,
 * which no other gateway uses, so the sockets of a device are those of one row.
 */
export class Plant {
  /** The last gateway created at each index, deleted or not. */
  private readonly current: Gateway[] = [];
  private readonly devices: SimulatedGateway[] = [];
  private factory!: { id: string };

  constructor(readonly hub: TestApp) {}

  async build(): Promise<void> {
    this.factory = await createFactory(this.hub.http);
  }

  /** Also the devices of gateways that were deleted, or never created. */
  get allDevices(): readonly SimulatedGateway[] {
    return this.devices;
  }

  faultyDevice(index: number): FaultyDevice {
    return this.at(index).faulty;
  }

  async create(index: number, { place, desired, email, password }: Wish): Promise<number> {
    const faulty = new FaultyDevice(await SimulatedGateway.listen(SHORT_HISTORY));
    this.devices.push(faulty.device);
    const answer = await this.hub.http.post('/api/gateways?allow_duplicate').send({
      factory_id: this.factory.id,
      gateway_id: `GW-${index}`,
      name: `Gateway ${index}`,
      url: urlOf(faulty.device, place),
      desired_state: desired,
      email,
      password,
    });
    if (answer.status !== 201) return answer.status;
    await this.current[index]?.faulty.heal(); // The old device is not healed otherwise, and a closing session may still wait for it.
    this.current[index] = { id: (answer.body as { id: string }).id, faulty };
    return answer.status;
  }

  async change(index: number, { place, ...changes }: Partial<Wish> & { name?: string }): Promise<number> {
    const url = place && urlOf(this.faultyDevice(index).device, place);
    return (await this.hub.http.put(`${this.pathOf(index)}?allow_duplicate`).send({ ...changes, ...(url && { url }) }))
      .status;
  }

  async delete(index: number): Promise<number> {
    return (await this.hub.http.delete(this.pathOf(index))).status;
  }

  async order(index: number, order: 'connect' | 'disconnect'): Promise<number> {
    return (await this.hub.http.post(`${this.pathOf(index)}/${order}`)).status;
  }

  /** Deletes the factory and everything in it. Gateways created later go into a new one. */
  async deleteFactory(): Promise<number> {
    const { id } = this.factory;
    this.factory = await createFactory(this.hub.http);
    return (await this.hub.http.delete(`/api/factories/${id}`)).status;
  }

  async reconcile(): Promise<number> {
    await this.hub.app.get(ConnectionSupervisor).reconcile();
    return 200;
  }

  /** Null if there is none. */
  async statusOf(index: number): Promise<ConnectionStatusDto | null> {
    const answer = await this.hub.http.get(`${this.pathOf(index)}/status`);
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw new Error(`status ${answer.status}: ${answer.text}`);
    return answer.body as ConnectionStatusDto;
  }

  async list(): Promise<(ConnectionStatusDto | null)[]> {
    const { data } = (await this.hub.http.get('/api/connections?limit=100').expect(200)).body as ConnectionPageDto;
    return this.current.map(({ id }) => data.find((status) => status.id === id) ?? null);
  }

  /** The last settings according to the table; null if there is no row. */
  async stored(index: number): Promise<Wish | null> {
    const { id, faulty } = this.at(index);
    const [target] = await this.hub.app.get(GatewaysService).findConnectionTargets(EVERYWHERE, [id]);
    if (!target) return null;
    const place = (['home', 'spare', 'nowhere'] as const).find((place) => urlOf(faulty.device, place) === target.url);
    if (!place) throw new Error(`nobody stored the url ${target.url}`);
    return { desired: target.gateway.desiredState, place, email: target.email, password: target.password.reveal() };
  }

  /** The close code of the last connection of a gateway, as its device has seen it. */
  lastCloseCodeOf(index: number): number | undefined {
    return this.faultyDevice(index).device.closes.at(-1)?.code;
  }

  async heal(): Promise<void> {
    await Promise.all(this.current.map(({ faulty }) => faulty.heal()));
  }

  /** Closes the service first: the port of a closed device must not be dialled. */
  async close(): Promise<void> {
    await this.hub.close();
    await Promise.all(this.devices.map((device) => device.close()));
  }

  private pathOf(index: number): string {
    return `/api/gateways/${this.at(index).id}`;
  }

  private at(index: number): Gateway {
    const gateway = this.current[index];
    if (!gateway) throw new Error(`gateway ${index} was never created`);
    return gateway;
  }
}

function urlOf(device: SimulatedGateway, place: Place): string {
  return { home: device.url, spare: `${device.url}/spare`, nowhere: NOWHERE }[place];
}
