import { z } from 'zod';
import { timestamp } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';

const days = z.int().meta({ description: 'In days', example: 30 });

export class AboutDto extends createZodDto(
  z
    .object({
      version: z.string().meta({ description: 'Of the service', example: '2.1.0' }),
      node: z.string().meta({ description: 'Version of Node.js', example: '22.12.0' }),
      started_at: timestamp.meta({ description: 'When the process started' }),
      holds_sessions: z
        .boolean()
        .meta({ description: 'Whether this process runs the gateway sessions; false while another one does' }),
      database: z.enum(['up', 'read_only', 'disk_full', 'down']),
      features: z
        .object({
          auth: z.enum(['keys', 'off']).meta({ description: 'Whether callers need a key' }),
          docs: z.boolean().meta({ description: 'Whether `/docs` is served' }),
          metrics: z.enum(['off', 'open', 'guarded']).meta({
            description:
              'Whether `/metrics` is served: `open` to whoever reaches the service, or `guarded` by a token or a key in `Authorization`',
          }),
          require_if_match: z.boolean().meta({ description: 'Whether a change needs `If-Match`' }),
        })
        .meta({ id: 'Features' }),
      limits: z
        .object({
          event_retention_days: days.meta({ description: 'For how many days state changes are kept' }),
          readings_retention_days: days.meta({ description: 'For how many days readings are kept' }),
          max_streams: z.int().meta({ description: 'Event streams at a time, of all clients', example: 100 }),
          max_streams_per_actor: z.int().meta({ description: 'Event streams at a time, of one client', example: 20 }),
          heartbeat_ms: z
            .int()
            .meta({ description: 'How often a gateway is asked for a sign of life, in milliseconds', example: 15_000 }),
        })
        .meta({ id: 'Limits' }),
    })
    .meta({ id: 'About' }),
) {}
