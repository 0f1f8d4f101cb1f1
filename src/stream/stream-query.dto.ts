import { z } from 'zod';
import { reaches } from '../common/actor';
import type { Reach } from '../common/actor';
import { createZodDto } from '../http/contract/zod-dto';
import { id } from '../http/contract/fields';
import { STATUS_STATES } from '../status/connection-state';
import type { Wants } from './event-stream';
import { isNews } from './fleet-event';
import type { FleetEvent } from './fleet-event';

/** The same as a header: browsers cannot send one for their first request. */
export const lastEventId = z.string().optional().meta({
  description: 'Same as the Last-Event-ID header, for clients that cannot send it. The header takes precedence',
});

export class StreamQueryDto extends createZodDto(
  z.strictObject({
    factory_id: id.optional().meta({ description: 'Only gateways of this factory' }),
    id: id.optional().meta({ description: 'Only this gateway' }),
    state: z.enum(STATUS_STATES).optional().meta({ description: 'Only changes to this state' }),
    include: z
      .enum(['gateways'])
      .optional()
      .meta({ description: 'Also events about gateways that are created, changed and deleted' }),
    lastEventId,
  }),
) {}

/** Keeps the events within reach that match the query. A gateway that moves belongs to both factories. */
export function toWantedEvents(reach: Reach, { factory_id, id, state, include }: StreamQueryDto): Wants<FleetEvent> {
  return (event) => {
    const { gateway } = event;
    if (!reaches(reach, gateway.organizationId) || (id !== undefined && id !== gateway.id)) return false;
    const isOfFactory = factory_id === undefined || factory_id === gateway.factoryId;
    if (!isNews(event)) return isOfFactory && (state === undefined || state === event.to);
    return include === 'gateways' && (isOfFactory || factory_id === event.previous?.factoryId);
  };
}
