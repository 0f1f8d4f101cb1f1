import type { DueTime, SensorFacts } from './freshness';
import { spreadOf } from './spread';

/** A sensor, and when it is due. */
export interface Candidate extends Pick<SensorFacts, 'sensorId' | 'gatewayId' | 'kind'> {
  readonly due: DueTime;
}

export interface OrderPlan {
  /** What to order now: the most urgent first, and not more than one for each gateway. */
  readonly orders: readonly Candidate[];
  /** When the limits allow the next look, in milliseconds since the epoch. */
  readonly soonestAt: number;
  /** When to look at these candidates again: not before `soonestAt`. */
  readonly lookAgainAt: number;
}

export interface PlanLimits {
  /** The least time between two looks, in milliseconds. Since each look orders once per gateway, it limits that too. */
  readonly intervalMs: number;
  /** For all gateways together. */
  readonly ordersPerMinute: number;
}

/** How many intervals may pass between two looks when nothing is due. */
export const IDLE_LOOKS = 4;

/**
 * Chooses what to order now. Pure. What is left over is due at the next look, and then more urgent, so that a backlog is worked off evenly
 * at the pace that the limits allow.
 * @param isFree whether a gateway can take an order now
 */
export function planOrders(
  candidates: readonly Candidate[],
  isFree: (gatewayId: string) => boolean,
  { intervalMs, ordersPerMinute }: PlanLimits,
  now: number,
): OrderPlan {
  const due = candidates.filter(({ due: { at } }) => at <= now).sort(byUrgency);
  const pauseMs = 60_000 / ordersPerMinute;
  const most = Math.max(1, Math.floor(intervalMs / pauseMs));
  const chosen = new Map<string, Candidate>();
  for (const candidate of due) {
    if (chosen.size >= most) break;
    if (!chosen.has(candidate.gatewayId) && isFree(candidate.gatewayId)) chosen.set(candidate.gatewayId, candidate);
  }
  const next = due.length > 0 ? now : Math.min(...candidates.map(({ due: { at } }) => at));
  const soonestAt = now + Math.max(intervalMs, chosen.size * pauseMs);
  return {
    orders: [...chosen.values()],
    soonestAt,
    lookAgainAt: Math.max(soonestAt, Math.min(next, now + IDLE_LOOKS * intervalMs)),
  };
}

function byUrgency(a: Candidate, b: Candidate): number {
  if (a.due.urgency !== b.due.urgency) return a.due.urgency > b.due.urgency ? -1 : 1;
  return spreadOf(a.sensorId) - spreadOf(b.sensorId);
}
