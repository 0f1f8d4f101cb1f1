import { z } from 'zod';
import { reaches } from '../common/actor';
import type { Reach } from '../common/actor';
import { createZodDto } from '../http/contract/zod-dto';
import { id } from '../http/contract/fields';
import { STATUS_STATES } from '../status/connection-state';
import type { StateChange } from '../status/state-change';
import type { Wants } from './event-stream';

/** The same as a header: browsers cannot send one for their first request. */
export const lastEventId = z.string().optional().meta({
  description: 'Same as the Last-Event-ID header, for clients that cannot send it. The header takes precedence',
});

export class StreamQueryDto extends createZodDto(
  z.strictObject({
    factory_id: id.optional().meta({ description: 'Only gateways of this factory' }),
    id: id.optional().meta({ description: 'Only this gateway' }),
    state: z.enum(STATUS_STATES).optional().meta({ description: 'Only changes to this state' }),
    lastEventId,
  }),
) {}

/** Keeps the state changes within reach that match the query. */
export function toWantedChanges(reach: Reach, { factory_id, id, state }: StreamQueryDto): Wants<StateChange> {
  return ({ gateway, to }) =>
    reaches(reach, gateway.organizationId) &&
    (id === undefined || id === gateway.id) &&
    (factory_id === undefined || factory_id === gateway.factoryId) &&
    (state === undefined || state === to);
}
