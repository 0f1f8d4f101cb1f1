import { Injectable } from '@nestjs/common';
import type { Reach } from '../common/actor';
import { GatewaysService } from '../gateways/gateways.service';
import { ConnectionEventsRepository } from './connection-events.repository';
import type { EventPage, EventPageRequest } from './connection-events.repository';
import { ConnectionHistory } from './connection-history';
import { ConnectionTimelineRepository } from './connection-timeline.repository';
import type { Timeline, TimelineSpan } from './connection-timeline.repository';

/** How long a request waits for the newest events to be stored. Without them, the answer is correct but slightly old. */
const FRESHEN_MS = 1000;

/** Reads the history of a connection. */
@Injectable()
export class ConnectionEventsService {
  constructor(
    private readonly gateways: GatewaysService,
    private readonly history: ConnectionHistory,
    private readonly events: ConnectionEventsRepository,
    private readonly timelines: ConnectionTimelineRepository,
  ) {}

  /** @throws GatewayNotFoundError */
  async findPage(reach: Reach, gatewayId: string, page: EventPageRequest): Promise<EventPage> {
    await this.prepare(reach, gatewayId);
    return this.events.findPage(reach, gatewayId, page);
  }

  /** In which states the connection was. @throws GatewayNotFoundError */
  async getTimeline(reach: Reach, gatewayId: string, span: TimelineSpan): Promise<Timeline> {
    await this.prepare(reach, gatewayId);
    return this.timelines.sum(reach, gatewayId, span);
  }

  private async prepare(reach: Reach, gatewayId: string): Promise<void> {
    await this.gateways.get(reach, gatewayId);
    await this.history.flushWithin(FRESHEN_MS);
  }
}
