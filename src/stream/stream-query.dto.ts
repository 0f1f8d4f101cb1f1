import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { id } from '../http/contract/fields';
import { STATUS_STATES } from '../status/connection-state';
import type { StateChangeFilter } from './stream-reader';

export class StreamQueryDto extends createZodDto(
  z.strictObject({
    factory_id: id.optional().meta({ description: 'Only gateways of this factory' }),
    id: id.optional().meta({ description: 'Only this gateway' }),
    state: z.enum(STATUS_STATES).optional().meta({ description: 'Only changes to this state' }),
    lastEventId: z.string().optional().meta({
      description: 'Same as the Last-Event-ID header, for clients that cannot send it. The header takes precedence',
    }),
  }),
) {}

export function toStateChangeFilter({ factory_id, id, state }: StreamQueryDto): StateChangeFilter {
  return {
    ...(factory_id !== undefined && { factoryId: factory_id }),
    ...(id !== undefined && { id }),
    ...(state !== undefined && { state }),
  };
}
