import { Injectable } from '@nestjs/common';
import { OnDomainEvent } from '../events/domain-events';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { ScheduledOrders } from '../acquisitions/scheduled-orders';
import type { Moment } from '../common/clock';
import { Config } from '../config/config';
import { Outage } from '../database/outage';
import { CatchUp } from '../readings/catch-up/catch-up';
import type { ReadingKind } from '../readings/reading';
import { ConnectionRegistry } from '../status/connection.registry';
import { DueSensorsRepository } from './due-sensors.repository';
import type { ActiveRule, WatchedSensor } from './due-sensors.repository';
import { dueTimeOf } from './freshness';
import { GatewayRound } from './gateway-round';
import type { GatewayTurn } from './gateway-round';
import { IDLE_LOOKS, planOrders } from './order-plan';
import type { Candidate } from './order-plan';
import { isOpen } from './window';
import { ZoneClock } from './zone-clock';

/** How often it is asked whether it is time to look, in milliseconds. */
export const TICK_MS = 250;
/** How long orders wait for the history of a gateway that has come back: it may have the readings. */
const CATCH_UP_MS = 900_000;
/** Gateways that one look is about. With 20 sensors each, it reads 10,000 sensors at most. */
export const GATEWAYS_PER_LOOK = 500;

/**
 * Orders the measurements that are due by schedules, while this process runs the sessions. One timer serves the whole fleet; in a large one,
 * each look is about some of the gateways, in turns.
 */
@Injectable()
export class ScheduleRunner {
  private isStarted = false;
  /** Whether there may be an enabled schedule. While there is none, nothing is asked of the database. */
  private mayHaveRules = true;
  private lookAt: Moment = Infinity;
  private looking: Promise<void> | null = null;
  private readonly round = new GatewayRound(GATEWAYS_PER_LOOK);
  private readonly clocks = new Map<string, ZoneClock>();
  private readonly outage = new Outage((error) =>
    this.logger.warn({ err: error }, 'schedules cannot be looked at, trying again later'),
  );

  constructor(
    private readonly sensors: DueSensorsRepository,
    private readonly orders: ScheduledOrders,
    private readonly catchUp: CatchUp,
    private readonly registry: ConnectionRegistry,
    private readonly config: Config,
    @InjectPinoLogger(ScheduleRunner.name) private readonly logger: PinoLogger,
  ) {}

  /** The first look comes an interval later: a service that is restarted again and again orders no more than one that runs. */
  start(): void {
    this.isStarted = true;
    this.mayHaveRules = true;
    this.lookAt = performance.now() + this.config.env.SCHEDULE_INTERVAL_MS;
  }

  /** Resolves when the look under way has ended. */
  async stop(): Promise<void> {
    this.isStarted = false;
    await this.looking;
  }

  @OnDomainEvent('schedule.changed')
  changed(): void {
    this.mayHaveRules = true;
  }

  /** Call every `TICK_MS`. */
  tick(): void {
    if (!this.isStarted || !this.mayHaveRules || this.looking || performance.now() < this.lookAt) return;
    this.looking = this.look().finally(() => (this.looking = null));
  }

  /** Never rejects. */
  private async look(): Promise<void> {
    const startedAt = performance.now();
    const { SCHEDULE_INTERVAL_MS: intervalMs } = this.config.env;
    this.lookAt = startedAt + IDLE_LOOKS * intervalMs; // If it fails.
    this.mayHaveRules = false; // Unless one is found, or changed meanwhile.
    try {
      const waitMs = await this.outage.watch(() => this.order());
      this.lookAt = startedAt + waitMs;
    } catch {
      this.mayHaveRules = true;
    }
  }

  /** @returns in how many milliseconds to look again */
  private async order(): Promise<number> {
    const { SCHEDULE_INTERVAL_MS: intervalMs, SCHEDULED_ORDERS_PER_MINUTE: ordersPerMinute } = this.config.env;
    const rules = await this.sensors.findRules();
    if (rules.length === 0) return intervalMs;
    this.mayHaveRules = true;
    const now = Date.now();
    const turn = this.round.next(this.registry.findConnected().map(({ gateway }) => gateway.id));
    const candidates = await this.findCandidates(turn, rules, now);
    const limits = { intervalMs, ordersPerMinute };
    const plan = planOrders(candidates, (gatewayId) => this.orders.isFree(gatewayId), limits, now);
    if (plan.orders.length > 0 && this.isStarted) {
      await this.orders.place(
        plan.orders.map(({ due: { scheduleId }, sensorId, kind }) => ({ scheduleId, sensorId, kind })),
      );
    }
    return (turn.isAll ? plan.lookAgainAt : plan.soonestAt) - now;
  }

  private async findCandidates(
    { gatewayIds }: GatewayTurn,
    rules: readonly ActiveRule[],
    now: number,
  ): Promise<Candidate[]> {
    const open = rules.filter(({ windows, timezone }) => isOpen(windows, this.clockOf(timezone).wallTime(now)));
    if (open.length === 0 || gatewayIds.length === 0) return [];
    const ids = open.map(({ id }) => id);
    const byId = new Map(rules.map((rule) => [rule.id, rule]));
    const sensors = await this.sensors.findSensors(gatewayIds, ids);
    return sensors.flatMap((sensor) => this.toCandidate(sensor, byId, now) ?? []);
  }

  private toCandidate(sensor: WatchedSensor, byId: ReadonlyMap<string, ActiveRule>, now: number): Candidate | null {
    const rules = sensor.ruleIds.flatMap((id) => byId.get(id) ?? []);
    const [rule] = rules;
    if (!rule || !this.isCaughtUp(sensor.gatewayId, sensor.kind, now)) return null;
    const due = dueTimeOf(sensor, rules, this.clockOf(rule.timezone), now);
    return due && { sensorId: sensor.sensorId, gatewayId: sensor.gatewayId, kind: sensor.kind, due };
  }

  /** Whether readings that were measured while the gateway was away have been fetched. */
  private isCaughtUp(gatewayId: string, kind: ReadingKind, now: number): boolean {
    const status = this.catchUp.statusOf(gatewayId);
    if (!status) return false;
    return status.progress(kind) === null || now - status.connectedAt.getTime() > CATCH_UP_MS;
  }

  private clockOf(timezone: string): ZoneClock {
    const clock = this.clocks.get(timezone) ?? new ZoneClock(timezone);
    this.clocks.set(timezone, clock);
    return clock;
  }
}
