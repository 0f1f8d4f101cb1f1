import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { timestamp } from '../common/fields';
import { CONNECTION_STATES } from '../connections/connection-state';

export class LivenessDto extends createZodDto(z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' })) {}

export class ReadinessDto extends createZodDto(
  z
    .object({
      status: z.enum(['ok', 'not_ready']),
      reason: z
        .enum(['no_sessions', 'database_down', 'database_read_only', 'database_disk_full'])
        .optional()
        .meta({ description: 'Why it is not ready; `no_sessions`: another service holds them, or it is starting' }),
    })
    .meta({ id: 'Readiness' }),
) {}

export class HealthDto extends createZodDto(
  z
    .object({
      status: z.enum(['ok', 'unavailable']),
      timestamp,
      uptime: z.number().meta({ description: 'Seconds since the service started' }),
      version: z.string(),
      database: z
        .enum(['up', 'read_only', 'disk_full', 'down'])
        .meta({ description: '`read_only` and `disk_full`: it answers, but accepts no writes' }),
      connections: z
        .record(z.enum(CONNECTION_STATES), z.int())
        .nullable()
        .meta({ description: 'How many gateways are in each state; null while another service holds the sessions' }),
    })
    .meta({ id: 'Health' }),
) {}
