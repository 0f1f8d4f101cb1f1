import { z } from 'zod';
import { createZodDto } from './zod-dto';
import { id } from './fields';

/** The `:id` of a path. */
export class IdParamDto extends createZodDto(
  z.strictObject({ id: id.meta({ description: 'UUID of the resource' }) }),
) {}
