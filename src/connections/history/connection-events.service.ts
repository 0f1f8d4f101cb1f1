import { Injectable } from '@nestjs/common';
import { GatewaysService } from '../../gateways/gateways.service';
import { ConnectionEventsRepository } from './connection-events.repository';
import type { EventPage, EventPageRequest } from './connection-events.repository';
import { ConnectionHistory } from './connection-history';

/** So long a reader waits for the newest events to be stored; without them the answer is still true, and a moment old. */
const FRESHEN_MS = 1000;

/** What may be asked of the history. */
@Injectable()
export class ConnectionEventsService {
  constructor(
    private readonly gateways: GatewaysService,
    private readonly history: ConnectionHistory,
    private readonly events: ConnectionEventsRepository,
  ) {}

  /** @throws GatewayNotFoundError */
  async findPage(gatewayId: string, page: EventPageRequest): Promise<EventPage> {
    await this.gateways.get(gatewayId);
    await this.history.flushWithin(FRESHEN_MS);
    return this.events.findPage(gatewayId, page);
  }
}
