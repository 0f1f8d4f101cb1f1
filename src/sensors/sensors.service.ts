import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { by } from '../common/actor';
import type { Actor, Reach } from '../common/actor';
import { timeOf } from '../common/clock';
import type { Page, PageRequest } from '../common/page';
import type { IfMatch } from '../common/precondition';
import { GatewaysService } from '../gateways/gateways.service';
import { ReadOnlyFieldError } from '../http/contract/read-only';
import { ConnectionRegistry } from '../status/connection.registry';
import { Readiness } from '../status/readiness';
import type { AccessPointRow } from './access-point.entity';
import { AccessPointsRepository } from './access-points.repository';
import type { AccessPointQuery } from './access-points.repository';
import { Inventory } from './inventory';
import type { SensorRow } from './sensor.entity';
import { SensorNotFoundError } from './sensor.errors';
import { SensorsRepository } from './sensors.repository';
import type { SensorChanges, SensorConnection, SensorQuery } from './sensors.repository';

/** A row, and what the session of its gateway says about it now. */
export interface Observed<Row> {
  readonly row: Row;
  /** Whether the gateway reaches it; null if its gateway is not connected, or has never said. */
  readonly connected: boolean | null;
  /** Until when the row's `connected` was known: the last sign of life of its gateway. Null if that is unknown. */
  readonly asOf: Date | null;
}

export interface SensorListQuery extends Omit<SensorQuery, 'connection'>, PageRequest {
  readonly connection?: SensorConnection;
}

/** An inventory that was asked for. */
export interface InventoryRequest {
  readonly requestedAt: Date;
  /** When the last one arrived. */
  readonly lastInventoryAt: Date | null;
  /** If not, the gateway is asked after its next login. */
  readonly isConnected: boolean;
}

/** Sensors and access points, as their gateways report them and users name them. */
@Injectable()
export class SensorsService {
  constructor(
    private readonly sensors: SensorsRepository,
    private readonly accessPoints: AccessPointsRepository,
    private readonly inventory: Inventory,
    private readonly gateways: GatewaysService,
    private readonly registry: ConnectionRegistry,
    private readonly readiness: Readiness,
    @InjectPinoLogger(SensorsService.name) private readonly logger: PinoLogger,
  ) {}

  async findAll(reach: Reach, { connection, ...query }: SensorListQuery): Promise<Page<Observed<SensorRow>>> {
    const connectedGateways = () => this.registry.findConnected().map(({ gateway }) => gateway.id);
    const page = await this.sensors.findAll(reach, {
      ...query,
      ...(connection && { connection: { is: connection, connectedGateways: connectedGateways() } }),
    });
    return { ...page, items: page.items.map((row) => this.observe(reach, row)) };
  }

  /** @throws SensorNotFoundError */
  async get(reach: Reach, id: string): Promise<Observed<SensorRow>> {
    const sensor = await this.sensors.findById(reach, id);
    if (!sensor) throw new SensorNotFoundError(id);
    return this.observe(reach, sensor);
  }

  /** @throws SensorNotFoundError, ReadOnlyFieldError, PreconditionFailedError */
  async update(
    actor: Actor,
    id: string,
    changes: SensorChanges,
    condition: IfMatch = {},
  ): Promise<Observed<SensorRow>> {
    const sensor = await this.sensors.update(actor, id, changes, condition);
    if (!sensor) {
      const { row } = await this.get(actor, id);
      throw new ReadOnlyFieldError(
        changes.gatewayId !== undefined && changes.gatewayId !== row.gatewayId ? 'gateway_id' : 'serial',
      );
    }
    this.logger.info({ sensorId: id, fields: Object.keys(changes), ...by(actor) }, 'sensor updated');
    return this.observe(actor, sensor);
  }

  async findAccessPoints(reach: Reach, query: AccessPointQuery): Promise<Page<Observed<AccessPointRow>>> {
    const page = await this.accessPoints.findAll(reach, query);
    return { ...page, items: page.items.map((row) => this.observe(reach, row)) };
  }

  /**
   * Has the gateway asked for its sensors soon; one that is not connected is asked after its next login anyway. Does not wait for the
   * answer.
   * @throws GatewayNotFoundError, NotReadyError
   */
  async refresh(actor: Actor, gatewayId: string): Promise<InventoryRequest> {
    await this.gateways.get(actor, gatewayId);
    this.readiness.require();
    const last = this.inventory.askSoon(gatewayId);
    return {
      requestedAt: new Date(),
      lastInventoryAt: last === null ? null : timeOf(last),
      isConnected: this.registry.find(actor, gatewayId)?.state === 'connected',
    };
  }

  /** What is known of a sensor depends on its gateway: behind a lost session, a sensor is not known to be connected. */
  private observe<Row extends { readonly gatewayId: string; readonly connected: boolean | null }>(
    reach: Reach,
    row: Row,
  ): Observed<Row> {
    const record = this.registry.find(reach, row.gatewayId);
    if (record?.state === 'connected') return { row, connected: row.connected, asOf: new Date() };
    const seen = record?.lastSeenAt ?? null;
    return { row, connected: null, asOf: seen === null ? null : timeOf(seen) };
  }
}
