import { z } from 'zod';
import { momentOf, timeOf } from '../common/clock';
import type { Moment } from '../common/clock';
import type { PublicGateway } from '../events/domain-events';
import { REASON_CODES, STEPS } from '../gateway-client/failure/failure';
import type { ObservedRecord } from './connection-record';
import { CONNECTION_STATES, LIVENESS } from './connection-state';

/** Milliseconds since 1970, because a moment means nothing to another process. */
const time = z.number();
const count = z.int().min(0);

/** What changes all the time while the state stays as it is. */
const figures = z.object({
  nextRetryAt: time.nullable(),
  lastSeenAt: time.nullable(),
  lastMessageAt: time.nullable(),
  receivingSince: time.nullable(),
  busy: z.object({ command: z.string(), since: time }).nullable(),
  latencyMs: z.number().nullable(),
  messagesReceived: count,
  messagesSent: count,
  reconnects: count,
  liveness: z.enum(LIVENESS),
  tlsVerified: z.boolean().nullable(),
  certificateExpiresAt: time.nullable(),
});

const gateway = z.object({
  id: z.string(),
  factoryId: z.string(),
  organizationId: z.string(),
  label: z.string(),
  name: z.string(),
  desiredState: z.enum(['connected', 'disconnected']),
  connectionVersion: count,
  revision: count,
  lastSeenAt: time.nullable(),
});

const record = figures.extend({
  gateway,
  state: z.enum(CONNECTION_STATES),
  since: time,
  // A later version may know more reasons.
  reason: z
    .object({ code: z.enum(REASON_CODES), step: z.enum(STEPS), message: z.string() })
    .nullable()
    .catch(null),
  attempt: count,
  connectedAt: time.nullable(),
});

/** A gateway as other processes read it. */
export type WireGateway = z.output<typeof gateway>;
/** The changing part of a record, as other processes read it. */
export type WireFigures = z.output<typeof figures>;
/** A record as other processes read it. */
export type WireRecord = z.output<typeof record>;

/** The changing part of a record, as this process holds it. */
export type Figures = Pick<ObservedRecord, keyof WireFigures>;

export function toWireFigures(from: Figures): WireFigures {
  return {
    nextRetryAt: timeOrNull(from.nextRetryAt),
    lastSeenAt: timeOrNull(from.lastSeenAt),
    lastMessageAt: timeOrNull(from.lastMessageAt),
    receivingSince: timeOrNull(from.receivingSince),
    busy: from.busy && { command: from.busy.command, since: timeOf(from.busy.since).getTime() },
    latencyMs: from.latencyMs,
    messagesReceived: from.messagesReceived,
    messagesSent: from.messagesSent,
    reconnects: from.reconnects,
    liveness: from.liveness,
    tlsVerified: from.tlsVerified,
    certificateExpiresAt: from.certificateExpiresAt,
  };
}

export function toWireRecord(from: ObservedRecord): WireRecord {
  const { gateway, state, since, reason, attempt, connectedAt } = from;
  return {
    ...toWireFigures(from),
    gateway: toWireGateway(gateway),
    state,
    since: timeOf(since).getTime(),
    reason,
    attempt,
    connectedAt: timeOrNull(connectedAt),
  };
}

export function toWireGateway(from: PublicGateway): WireGateway {
  return { ...from, lastSeenAt: from.lastSeenAt?.getTime() ?? null };
}

/** Null for what this version cannot read. */
export function readGateway(message: unknown): PublicGateway | null {
  const { success, data } = gateway.safeParse(message);
  return success ? toGateway(data) : null;
}

/** Null for what this version cannot read. */
export function readFigures(message: unknown): Figures | null {
  const { success, data } = figures.safeParse(message);
  return success ? toFigures(data) : null;
}

/**
 * Null for what this version cannot read.
 * @param observedBy the process that has told it
 * @param toldAt when, by its clock
 */
export function readRecord(message: unknown, observedBy: string, toldAt: Moment): ObservedRecord | null {
  const { success, data } = record.safeParse(message);
  if (!success) return null;
  const { gateway, state, since, reason, attempt, connectedAt } = data;
  return {
    ...toFigures(data),
    gateway: toGateway(gateway),
    state,
    since: momentOf(new Date(since)),
    reason,
    attempt,
    connectedAt: momentOrNull(connectedAt),
    observedBy,
    toldAt,
    lastKnown: null,
  };
}

function toGateway(from: WireGateway): PublicGateway {
  return { ...from, lastSeenAt: from.lastSeenAt === null ? null : new Date(from.lastSeenAt) };
}

function toFigures(from: WireFigures): Figures {
  return {
    nextRetryAt: momentOrNull(from.nextRetryAt),
    lastSeenAt: momentOrNull(from.lastSeenAt),
    lastMessageAt: momentOrNull(from.lastMessageAt),
    receivingSince: momentOrNull(from.receivingSince),
    busy: from.busy && { command: from.busy.command, since: momentOf(new Date(from.busy.since)) },
    latencyMs: from.latencyMs,
    messagesReceived: from.messagesReceived,
    messagesSent: from.messagesSent,
    reconnects: from.reconnects,
    liveness: from.liveness,
    tlsVerified: from.tlsVerified,
    certificateExpiresAt: from.certificateExpiresAt,
  };
}

function timeOrNull(moment: Moment | null): number | null {
  return moment === null ? null : timeOf(moment).getTime();
}

function momentOrNull(at: number | null): Moment | null {
  return at === null ? null : momentOf(new Date(at));
}
