import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { atMost } from '../common/at-most';
import { by } from '../common/actor';
import type { Actor, Reach } from '../common/actor';
import type { Once } from '../common/idempotency';
import { Config } from '../config/config';
import { OrderPermission } from '../connections/order-permission';
import { SensorNotFoundError } from '../sensors/sensor.errors';
import { Readiness } from '../status/readiness';
import type { AcquisitionRow } from './acquisition.entity';
import { AcquisitionEndedError, AcquisitionNotFoundError, AcquisitionUnderWayError } from './acquisition.errors';
import { isFinal } from './acquisition.machine';
import type { BlockedBy } from './acquisition-job';
import { AcquisitionJobs } from './acquisition-jobs';
import { AcquisitionOrdersRepository } from './acquisition-orders.repository';
import type { NewAcquisition } from './acquisition-orders.repository';
import { AcquisitionRunner } from './acquisition-runner';
import { AcquisitionsRepository } from './acquisitions.repository';
import type { AcquisitionQuery } from './acquisitions.repository';

/** An acquisition as it stands. */
export interface PresentAcquisition {
  readonly row: AcquisitionRow;
  /** Why it is not sent yet; null if it is, or if another process would send it. */
  readonly blockedBy: BlockedBy | null;
}

/** What an order has led to. */
export interface OrderedAcquisition extends PresentAcquisition {
  /** False if the sensor had an open order of this kind, which is returned. */
  readonly isNew: boolean;
  /** The request was sent before. */
  readonly isReplay: boolean;
}

/** Orders to measure now. */
@Injectable()
export class AcquisitionsService {
  constructor(
    private readonly acquisitions: AcquisitionsRepository,
    private readonly orders: AcquisitionOrdersRepository,
    private readonly jobs: AcquisitionJobs,
    private readonly runner: AcquisitionRunner,
    private readonly readiness: Readiness,
    private readonly permission: OrderPermission,
    private readonly config: Config,
    @InjectPinoLogger(AcquisitionsService.name) private readonly logger: PinoLogger,
  ) {}

  /**
   * Has a sensor measure, unless it has an open order of this kind: then that one is returned.
   * @param waitMs how long to wait until it is final
   * @throws NotReadyError, OwnershipUncertainError, SensorNotFoundError, TooSoonError, IdempotencyKeyReusedError
   */
  async order(actor: Actor, order: NewAcquisition, waitMs: number, once?: Once): Promise<OrderedAcquisition> {
    this.readiness.require();
    this.permission.require(null); // Of which gateway is only known once it is stored, which needs the database.
    const minIntervalMs = this.config.env.ACQUISITION_MIN_INTERVAL_MS;
    const placed = await this.orders.place(actor, order, minIntervalMs, once);
    if (!placed) throw new SensorNotFoundError(order.sensorId);
    const { row, added, isReplay } = placed;
    if (added) {
      this.runner.add(row, added, order.expiresInS * 1000);
      const { id, gatewayId, sensorId, kind } = row;
      this.logger.info({ acquisitionId: id, gatewayId, sensorId, kind, ...by(actor) }, 'acquisition ordered');
    }
    if (waitMs > 0) await atMost(waitMs, this.jobs.whenFinal(row.id));
    // Read again after a wait, and for a replay, which is answered with what has become of it since.
    const present = added && waitMs === 0 ? row : await this.acquisitions.findById(actor, row.id);
    if (!present) throw new SensorNotFoundError(order.sensorId); // Its gateway was deleted meanwhile.
    return { ...this.present(present), isNew: added !== null || isReplay, isReplay };
  }

  /** @throws AcquisitionNotFoundError */
  async get(reach: Reach, id: string): Promise<PresentAcquisition> {
    const row = await this.acquisitions.findById(reach, id);
    if (!row) throw new AcquisitionNotFoundError(id);
    return this.present(row);
  }

  /** Newest first. */
  async findPage(reach: Reach, query: AcquisitionQuery): Promise<{ items: PresentAcquisition[]; hasMore: boolean }> {
    const { items, hasMore } = await this.acquisitions.findPage(reach, query);
    return { items: items.map((row) => this.present(row)), hasMore };
  }

  /** @throws AcquisitionNotFoundError, AcquisitionUnderWayError, AcquisitionEndedError */
  async cancel(actor: Actor, id: string): Promise<void> {
    const cancelled = await this.orders.cancel(actor, id);
    if (!cancelled) {
      const { row } = await this.get(actor, id);
      throw isFinal(row) ? new AcquisitionEndedError() : new AcquisitionUnderWayError();
    }
    this.runner.cancelled(id);
    const { gatewayId, sensorId } = cancelled;
    this.logger.info({ acquisitionId: id, gatewayId, sensorId, ...by(actor) }, 'acquisition cancelled');
  }

  /** An acquisition with what only this process knows of it. */
  present(row: AcquisitionRow): PresentAcquisition {
    return { row, blockedBy: row.state === 'queued' ? this.runner.blockOf(row.id) : null };
  }
}
