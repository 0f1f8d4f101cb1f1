import { z } from 'zod';
import { id, timestamp } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';
import type { KnownReplica } from '../ownership/ownership';
import type { ReplicaFigures } from './replica-figures';

const replica = z
  .object({
    id: id.meta({ description: 'New at each start; `observed_by` of the connections that it observes' }),
    name: z.string().meta({ description: '`REPLICA_NAME`, or the host name', example: 'one' }),
    state: z
      .enum(['active', 'draining'])
      .meta({ description: '`draining`: it gives its gateways to the others, and ends', example: 'active' }),
    is_this: z.boolean().meta({ description: 'Whether it has answered this request' }),
    is_live: z.boolean().meta({ description: 'Whether it was seen to look at the database within the last 3 seconds' }),
    shards: z.int().nullable().meta({
      description: 'How many of the 1,024 shards of gateways it owns; null in a service that is alone',
      example: 342,
    }),
    version: z
      .string()
      .nullable()
      .meta({ description: 'Null, as what follows, if it was not heard', example: '2.1.0' }),
    started_at: timestamp.nullable(),
    heard_at: timestamp.nullable().meta({ description: 'When it said what follows' }),
    gateways: z.int().nullable().meta({ description: 'Gateways whose connection it observes', example: 16_667 }),
    connected: z.int().nullable().meta({ description: 'Of them, those that are connected', example: 16_650 }),
    memory_bytes: z.int().nullable().meta({ description: 'Memory of its process', example: 412_000_000 }),
    lag_ms: z.number().nullable().meta({ description: 'How late its latest timer was, in milliseconds', example: 0.4 }),
  })
  .meta({ id: 'Replica' });

export class ReplicaListDto extends createZodDto(z.object({ data: z.array(replica) }).meta({ id: 'ReplicaList' })) {}

/** @param seesAll whether the caller sees gateways of every organization */
export function toReplicaDto(
  { id: replicaId, name, state, isLive, shards }: KnownReplica,
  selfId: string,
  heard: ReturnType<ReplicaFigures['of']>,
  seesAll: boolean,
): z.output<typeof replica> {
  const { figures = null } = heard ?? {};
  return {
    ...{ id: replicaId, name, state, is_this: replicaId === selfId, is_live: isLive, shards },
    version: figures?.version ?? null,
    started_at: figures && new Date(figures.startedAt).toISOString(),
    heard_at: heard?.heardAt.toISOString() ?? null,
    gateways: seesAll ? (figures?.gateways ?? null) : null,
    connected: seesAll ? (figures?.connected ?? null) : null,
    memory_bytes: figures?.memoryBytes ?? null,
    lag_ms: figures?.lagMs ?? null,
  };
}
