import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { by, SCHEDULE } from '../common/actor';
import { Config } from '../config/config';
import { isFinal } from './acquisition.machine';
import { AcquisitionJobs } from './acquisition-jobs';
import { AcquisitionRunner } from './acquisition-runner';
import { ScheduledOrdersRepository } from './scheduled-orders.repository';
import type { ScheduledOrder } from './scheduled-orders.repository';

/** A schedule orders again, so an order that cannot be sent soon is given up. */
const EXPIRES_IN_S = 600;

/** Takes orders of schedules. From then on they are acquisitions like all others. */
@Injectable()
export class ScheduledOrders {
  constructor(
    private readonly orders: ScheduledOrdersRepository,
    private readonly jobs: AcquisitionJobs,
    private readonly runner: AcquisitionRunner,
    private readonly config: Config,
    @InjectPinoLogger(ScheduledOrders.name) private readonly logger: PinoLogger,
  ) {}

  /** Whether a gateway would carry out an order next, so that no order waits behind others, and callers wait for one at most. */
  isFree(gatewayId: string): boolean {
    const open = this.jobs.ofGateway(gatewayId).filter(({ progress }) => !isFinal(progress));
    return open.length < this.config.env.ACQUISITIONS_PER_GATEWAY;
  }

  /** Has sensors measure, but for those that have an open order of the kind, or had one a short time ago. @returns how many */
  async place(orders: readonly ScheduledOrder[]): Promise<number> {
    const minIntervalMs = this.config.env.ACQUISITION_MIN_INTERVAL_MS;
    const placed = await this.orders.place(orders, { expiresInS: EXPIRES_IN_S, minIntervalMs });
    for (const { row, sensor } of placed) this.runner.add(row, sensor, EXPIRES_IN_S * 1000);
    this.logger.debug({ orders: placed.length, ...by(SCHEDULE) }, 'acquisitions ordered');
    return placed.length;
  }
}
