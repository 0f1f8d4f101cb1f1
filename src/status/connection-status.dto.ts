import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { timeOf } from '../common/clock';
import type { Moment } from '../common/clock';
import { id, queryList, requiredText, timestamp } from '../http/contract/fields';
import { connectionPageQuery, identityOf, pageOf, toListRequest, toPageDto } from '../http/contract/page.dto';
import type { Page } from '../common/page';
import type { ListRequest } from '../http/contract/page.dto';
import { REASON_CODES, STEPS } from '../gateway-client/failure/failure';
import { CONNECTION_STATES, LIVENESS, STATUS_STATES } from './connection-state';
import type { ConnectionRecord } from './connection-record';
import type { ConnectionQuery } from './connection.registry';

export const connectionState = z.enum(STATUS_STATES).meta({
  id: 'ConnectionState',
  description: `- \`disconnected\`: the desired state is \`disconnected\`.
- \`connecting\`: waiting for a dial slot, dialling, or opening the WebSocket.
- \`authenticating\`: the login was sent.
- \`connected\`: the gateway accepted the login and the subscription.
- \`reconnecting\`: the last attempt failed, or the connection was lost; the next attempt is at \`next_retry_at\`.
- \`auth_failed\`: the gateway refused the login, the account's budget of refused logins is spent, or the stored password cannot be decrypted.
- \`unknown\`: another replica of the service observes the connection and has not been heard for 3 seconds, or none observes it. \`last_known\` has what was known before. A service without other replicas never reports it.`,
  example: 'reconnecting',
});

export class ConnectionQueryDto extends createZodDto(
  z.strictObject({
    ...connectionPageQuery,
    organization_id: id.optional().meta({ description: 'Only gateways of this organization' }),
    factory_id: id.optional().meta({ description: 'Only gateways of this factory' }),
    search: requiredText(255)
      .optional()
      .meta({ description: 'Only gateways whose name or `gateway_id` contains this text; case-insensitive' }),
    state: queryList(z.enum(STATUS_STATES), STATUS_STATES.length).meta({
      description: 'Only connections in this state, or in one of these: `state=reconnecting&state=auth_failed`',
    }),
    reason_code: queryList(z.enum(REASON_CODES), REASON_CODES.length).meta({
      description: 'Only connections whose `reason` has this code, or one of these',
    }),
  }),
) {}

export const reason = z
  .object({
    code: z.enum(REASON_CODES).meta({ description: 'Stable: branch on this', example: 'connect_refused' }),
    step: z.enum(STEPS).meta({ description: 'The step of the attempt that failed', example: 'tcp' }),
    message: z.string().meta({ description: 'For people; may change', example: 'Connection refused by 10.0.0.7:5000' }),
  })
  .meta({ id: 'Reason' });

const connectionStatus = z
  .object({
    id,
    gateway_id: z.string().meta({ example: 'GW-SPR-001' }),
    name: z.string().meta({ example: 'Springfield north' }),
    factory_id: id,
    desired_state: z
      .enum(['connected', 'disconnected'])
      .meta({ description: 'Whether the service should hold a connection', example: 'connected' }),
    state: connectionState,
    since: timestamp.meta({ description: 'When the connection entered this state' }),
    as_of: timestamp.meta({
      description: 'When this was so: now, or when the replica that observes the connection last told this one',
    }),
    observed_by: id.nullable().meta({
      description:
        'The service process that observes the connection: an id that it generates at each start and logs with `sessions started`; null if there is none',
    }),
    reason: reason
      .nullable()
      .meta({ description: 'Why it is not connected; null if it is connected, or if nothing failed' }),
    attempt: z.int().meta({ description: 'Consecutive failures', example: 3 }),
    next_retry_at: timestamp.nullable().meta({ description: 'When the next attempt is due; null if none is' }),
    connected_at: timestamp
      .nullable()
      .meta({ description: 'When the current connection was established; null if there is none' }),
    last_seen_at: timestamp.nullable().meta({ description: 'When the gateway last gave a sign of life' }),
    last_message_at: timestamp.nullable().meta({ description: 'When the last complete message arrived' }),
    receiving_since: timestamp.nullable().meta({
      description: 'When the first bytes of an incomplete message arrived; null if there is none',
    }),
    busy: z
      .object({
        command: z.string().meta({ description: 'As it was sent', example: 'GET_DYN_READINGS' }),
        since: timestamp.meta({ description: 'When it was sent' }),
      })
      .nullable()
      .meta({
        description:
          'The command that the gateway carries out, if that can take long: it may be silent meanwhile, six times longer than ' +
          '`HEARTBEAT_TIMEOUT_MS`. Null: none',
      }),
    latency_ms: z
      .number()
      .nullable()
      .meta({ description: 'Round-trip time of the last ping, in milliseconds', example: 12.4 }),
    messages_received: z.int().meta({ description: 'Messages received since the service started', example: 120 }),
    messages_sent: z.int().meta({ description: 'Messages sent since the service started', example: 4 }),
    reconnects: z.int().meta({ description: 'Number of reconnects since the service started' }),
    liveness: z.enum(LIVENESS).meta({
      description: 'How liveness is checked: `ping`, or `probe` (a command) for a gateway that ignores WebSocket pings',
      example: 'ping',
    }),
    tls_verified: z.boolean().nullable().meta({
      description:
        'Whether the certificate of the current connection was verified; false with `tls.insecure`; null without TLS or connection',
    }),
    last_known: z
      .object({
        state: z.enum(CONNECTION_STATES),
        since: timestamp.meta({ description: 'When the connection had entered this state' }),
        as_of: timestamp.meta({ description: 'When this was known' }),
      })
      .nullable()
      .meta({ description: 'What was known before the state became `unknown`; otherwise null' }),
  })
  .meta({ id: 'ConnectionStatus' });

export class ConnectionStatusDto extends createZodDto(connectionStatus) {}

export class ConnectionPageDto extends createZodDto(pageOf(connectionStatus).meta({ id: 'ConnectionPage' })) {}

export function toConnectionQuery(
  query: ConnectionQueryDto,
): ConnectionQuery & ListRequest<ConnectionQueryDto['sort']> {
  const { organization_id, factory_id, search, state, reason_code, ...page } = query;
  const filters = [organization_id, factory_id, search, identityOf(state), identityOf(reason_code)];
  return {
    ...toListRequest('connections', page, filters),
    organizationId: organization_id,
    factoryId: factory_id,
    search,
    states: state,
    reasonCodes: reason_code,
  };
}

/** @param asOf when the status was read, in ISO 8601 format: of a connection that this process observes */
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
    as_of: toTimestamp(record.toldAt) ?? asOf,
    observed_by: record.observedBy,
    reason: record.reason,
    attempt: record.attempt,
    next_retry_at: toTimestamp(record.nextRetryAt),
    connected_at: toTimestamp(record.connectedAt),
    last_seen_at: toTimestamp(record.lastSeenAt),
    last_message_at: toTimestamp(record.lastMessageAt),
    receiving_since: toTimestamp(record.receivingSince),
    busy: record.busy && { command: record.busy.command, since: timeOf(record.busy.since).toISOString() },
    latency_ms: record.latencyMs,
    messages_received: record.messagesReceived,
    messages_sent: record.messagesSent,
    reconnects: record.reconnects,
    liveness: record.liveness,
    tls_verified: record.tlsVerified,
    last_known: record.lastKnown && {
      state: record.lastKnown.state,
      since: timeOf(record.lastKnown.since).toISOString(),
      as_of: timeOf(record.lastKnown.asOf).toISOString(),
    },
  };
}

/** Gives every status of the page that this process observes the same `as_of`. */
export function toConnectionPageDto(page: Page<ConnectionRecord>, request: ListRequest<string>): ConnectionPageDto {
  const asOf = new Date().toISOString();
  return toPageDto(page, request, (record) => toConnectionStatusDto(record, asOf));
}

function toTimestamp(moment: Moment | null): string | null {
  return moment === null ? null : timeOf(moment).toISOString();
}
