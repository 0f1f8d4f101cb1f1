import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { timestamp } from '../http/contract/fields';
import { STATUS_STATES } from '../status/connection-state';
import type { StatusState } from '../status/connection-state';

/** Declares each state by name instead of a record, because linters and generated clients need declared properties. */
const countByState = Object.fromEntries(STATUS_STATES.map((state) => [state, z.int()])) as Record<
  StatusState,
  z.ZodInt
>;

/** Counts begin when this process begins to run the sessions. */
const readingFigures = z.object({
  queued: z.int().meta({ description: 'Waiting in memory to be stored' }),
  stored: z.int().meta({
    description:
      'Records stored since this service runs the sessions, repeated ones included; not those fetched from histories',
  }),
  dropped: z
    .object({ vibration: z.int(), temperature: z.int(), battery: z.int() })
    .meta({ description: 'Let go since then, by kind, because neither memory nor the spool had room' }),
  spool_bytes: z.int().meta({ description: 'Size of the spool on disk: readings that wait for the database' }),
  retention: z
    .object({
      full_days: z.int().meta({ description: 'For how many days all waveforms are kept', example: 90 }),
      thinned_through: z.iso
        .date()
        .nullable()
        .meta({ description: 'The last day of which waveforms were thinned; null if none were' }),
      bytes: z.int().meta({ description: 'What all waveforms take on disk, indexes included' }),
      over_budget: z.boolean().meta({ description: 'Whether that is more than `WAVEFORM_MAX_BYTES`' }),
    })
    .nullable()
    .meta({ description: 'As the last clean-up has left it; null before the first one' }),
});

export class LivenessDto extends createZodDto(z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' })) {}

export class ReadinessDto extends createZodDto(
  z
    .object({
      status: z.enum(['ok', 'not_ready']),
      reason: z.enum(['no_sessions', 'database_down', 'database_read_only', 'database_disk_full']).optional().meta({
        description: 'Why it is not ready. `no_sessions`: it is starting, or another replica runs the sessions',
      }),
    })
    .meta({ id: 'Readiness' }),
) {}

export class HealthDto extends createZodDto(
  z
    .object({
      status: z.enum(['ok', 'unavailable']),
      timestamp,
      auth: z.enum(['keys', 'off']).optional().meta({ description: 'Whether callers need a key' }),
      uptime: z.number().optional().meta({ description: 'Seconds since the service started', example: 86400 }),
      version: z.string().optional().meta({ description: 'Version of the service' }),
      database: z
        .enum(['up', 'read_only', 'disk_full', 'down'])
        .optional()
        .meta({ description: '`read_only` and `disk_full`: the database answers, but accepts no writes' }),
      connections: z
        .object(countByState)
        .nullable()
        .optional()
        .meta({ description: 'Number of gateways in each state; null while another replica runs the sessions' }),
      readings: readingFigures
        .nullable()
        .optional()
        .meta({
          description:
            'Readings that this service has taken from gateways; null while another replica runs the sessions. Not shown to keys of one ' +
            'organization, because the figures are of all of them',
        }),
    })
    .meta({ id: 'Health' }),
) {}
