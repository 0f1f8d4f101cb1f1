import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { Counter, Histogram, Registry } from 'prom-client';
import type { Moment } from '../common/clock';
import { ConnectionTools } from '../connections/connection-tools';
import { DIAL_PRIORITIES } from '../connections/session/dial-pacer';
import { SessionFigures } from '../connections/session/session-figures';
import { MESSAGE_TYPES } from '../gateway-client/protocol/message-types';
import { LoginBudget } from '../login-budget/login-budget';
import { StateChanges } from '../status/state-changes';
import type { StateChange } from '../status/state-change';
import type { MetricText } from './metric-text';

/** Upper bounds of buckets, in seconds. */
const STEP_BOUNDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];
const RECONNECT_BOUNDS = [0.5, 2, 5, 15, 60, 300, 900, 3600];

/** Follows the sessions of all gateways. */
@Injectable()
export class SessionMetrics implements OnModuleInit {
  /** What is counted as it happens. */
  readonly registry = new Registry();
  private readonly moves = new Counter({
    name: 'gateway_hub_connection_moves_total',
    help: 'State changes of connections',
    labelNames: ['from', 'to'],
    registers: [this.registry],
  });
  private readonly failures = new Counter({
    name: 'gateway_hub_connection_failures_total',
    help: 'Attempts that failed and sessions that were lost, by step and reason',
    labelNames: ['step', 'code'],
    registers: [this.registry],
  });
  private readonly steps = new Histogram({
    name: 'gateway_hub_connect_step_duration_seconds',
    help: 'How long the steps of attempts took that succeeded',
    labelNames: ['step'],
    buckets: STEP_BOUNDS,
    registers: [this.registry],
  });
  private readonly reconnects = new Histogram({
    name: 'gateway_hub_reconnect_duration_seconds',
    help: 'How long connections were lost until the gateway was connected again',
    buckets: RECONNECT_BOUNDS,
    registers: [this.registry],
  });
  private readonly pings = new Histogram({
    name: 'gateway_hub_ping_duration_seconds',
    help: 'Round trips of answered pings',
    buckets: STEP_BOUNDS,
    registers: [this.registry],
  });
  /** When the gateways that have lost their connection lost it. */
  private readonly lostAt = new Map<string, Moment>();

  constructor(
    private readonly changes: StateChanges,
    private readonly figures: SessionFigures,
    private readonly tools: ConnectionTools,
    private readonly logins: LoginBudget,
  ) {}

  onModuleInit(): void {
    this.figures.onPing = (ms) => this.pings.observe(ms / 1000);
    this.figures.onStepDone = (step, ms) => this.steps.observe({ step }, ms / 1000);
    this.changes.subscribe((change) => this.onChange(change));
  }

  /** Writes what is read at each scrape. */
  write(text: MetricText): void {
    const { pacer } = this.tools;
    const { received, messagesSent } = this.figures;
    text.each(
      ...(['gateway_hub_dials_waiting', 'gauge', 'Dials that wait for their turn', 'priority'] as const),
      DIAL_PRIORITIES.map((priority) => [priority, pacer.waitingAs(priority)]),
    );
    text.one('gateway_hub_login_refusals_total', 'counter', 'Logins that gateways have refused', this.logins.refusals);
    text.each(
      ...(['gateway_hub_messages_received_total', 'counter', 'Messages from gateways', 'type'] as const),
      MESSAGE_TYPES.map((type) => [type, received.get(type) ?? 0]),
    );
    text.one('gateway_hub_messages_sent_total', 'counter', 'Messages to gateways', messagesSent);
  }

  private onChange({ gateway, from, to, at, reason }: StateChange): void {
    this.moves.inc({ from, to });
    if (reason && (to === 'reconnecting' || to === 'auth_failed')) {
      this.failures.inc({ step: reason.step, code: reason.code });
    }
    if (from === 'connected' && to !== 'disconnected') this.lostAt.set(gateway.id, at);
    if (to !== 'connected' && to !== 'disconnected') return;
    const lostAt = this.lostAt.get(gateway.id);
    this.lostAt.delete(gateway.id);
    if (to === 'connected' && lostAt !== undefined) this.reconnects.observe((at - lostAt) / 1000);
  }
}
