import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { id } from '../../common/fields';
import { CONNECTION_STATES } from '../connection-state';
import type { MoveFilter } from './stream-reader';

export class StreamQueryDto extends createZodDto(
  z.strictObject({
    factory_id: id.optional(),
    id: id.optional(),
    state: z.enum(CONNECTION_STATES).optional().meta({ description: 'Only moves into this state' }),
  }),
) {}

export function toMoveFilter({ factory_id, ...filter }: StreamQueryDto): MoveFilter {
  return { factoryId: factory_id, ...filter };
}
