import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { timeOf } from '../common/clock';
import type { Moment } from '../common/clock';
import { id, timestamp } from '../common/fields';
import { pageOf, pageQuery, toPageDto } from '../common/page.dto';
import type { Page, PageRequest } from '../common/page.dto';
import { CONNECTION_STATES, LIVENESS, REASON_CODES, STEPS } from './connection-state';
import type { ConnectionQuery, ConnectionRecord } from './connection.registry';

export const connectionState = z.enum(CONNECTION_STATES).meta({ id: 'ConnectionState' });

export class ConnectionQueryDto extends createZodDto(
  z.strictObject({ ...pageQuery, factory_id: id.optional(), state: z.enum(CONNECTION_STATES).optional() }),
) {}

export const reason = z
  .object({
    code: z.enum(REASON_CODES),
    step: z.enum(STEPS).meta({ description: 'How far the attempt got' }),
    message: z.string().meta({ description: 'For people; may change' }),
  })
  .meta({ id: 'Reason' });

const connectionStatus = z
  .object({
    id,
    gateway_id: z.string(),
    name: z.string(),
    factory_id: id,
    desired_state: z.enum(['connected', 'disconnected']),
    state: connectionState,
    since: timestamp.meta({ description: 'When it entered this state' }),
    as_of: timestamp.meta({ description: 'When this was observed' }),
    reason: reason
      .nullable()
      .meta({ description: 'Why it is not connected; null when it is, or when nothing went wrong' }),
    attempt: z.int().meta({ description: 'Failures in a row' }),
    next_retry_at: timestamp.nullable(),
    connected_at: timestamp.nullable(),
    last_seen_at: timestamp.nullable().meta({ description: 'The last sign of life' }),
    last_message_at: timestamp.nullable(),
    receiving_since: timestamp.nullable().meta({
      description: 'When the message started that has been received only in part; null if there is none',
    }),
    latency_ms: z.number().nullable().meta({ description: 'The round trip of the last ping' }),
    messages_received: z.int(),
    messages_sent: z.int(),
    reconnects: z.int().meta({ description: 'How often a session was made anew since the service started' }),
    liveness: z.enum(LIVENESS).meta({
      description: 'How it is watched: by WebSocket pings, or, where those are ignored, by a question of the protocol',
    }),
    tls_verified: z.boolean().nullable().meta({
      description:
        'Whether the certificate of the present socket was verified; false if tls.insecure; null without TLS or socket',
    }),
  })
  .meta({ id: 'ConnectionStatus' });

export class ConnectionStatusDto extends createZodDto(connectionStatus) {}

export class ConnectionPageDto extends createZodDto(pageOf(connectionStatus).meta({ id: 'ConnectionPage' })) {}

export function toConnectionQuery({ factory_id, ...query }: ConnectionQueryDto): ConnectionQuery {
  return { factoryId: factory_id, ...query };
}

/** @param asOf when it was observed */
export function toConnectionStatusDto(record: ConnectionRecord, asOf = new Date().toISOString()): ConnectionStatusDto {
  const { gateway } = record;
  return {
    id: gateway.id,
    gateway_id: gateway.label,
    name: gateway.name,
    factory_id: gateway.factoryId,
    desired_state: gateway.desiredState,
    state: record.state,
    since: timeOf(record.since).toISOString(),
    as_of: asOf,
    reason: record.reason,
    attempt: record.attempt,
    next_retry_at: toTimestamp(record.nextRetryAt),
    connected_at: toTimestamp(record.connectedAt),
    last_seen_at: toTimestamp(record.lastSeenAt),
    last_message_at: toTimestamp(record.lastMessageAt),
    receiving_since: toTimestamp(record.receivingSince),
    latency_ms: record.latencyMs,
    messages_received: record.messagesReceived,
    messages_sent: record.messagesSent,
    reconnects: record.reconnects,
    liveness: record.liveness,
    tls_verified: record.tlsVerified,
  };
}

/** Of records that were observed at the same moment. */
export function toConnectionPageDto(page: Page<ConnectionRecord>, request: PageRequest): ConnectionPageDto {
  const asOf = new Date().toISOString();
  return toPageDto(page, request, (record) => toConnectionStatusDto(record, asOf));
}

function toTimestamp(moment: Moment | null): string | null {
  return moment === null ? null : timeOf(moment).toISOString();
}
