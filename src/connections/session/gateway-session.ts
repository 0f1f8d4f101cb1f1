import type { PinoLogger } from 'nestjs-pino';
import type { PublicGateway } from '../../events/domain-events';
import type { ConnectionTarget, GatewayRevision } from '../../gateways/connection-target';
import type { ConnectionRecord, ConnectionRegistry } from '../connection.registry';
import type { DialPriority } from '../dial-pacer';
import { Attempt } from './attempt';
import type { AttemptTools } from './attempt';
import { backoffMs } from './backoff';
import type { BackoffSettings } from './backoff';
import { initialState, step } from './session.machine';
import type { SessionEffect, SessionEvent } from './session.machine';

/** What all sessions share. */
export interface SessionTools extends AttemptTools {
  readonly registry: ConnectionRegistry;
  readonly logger: PinoLogger;
  readonly backoff: BackoffSettings;
  readonly authRetryMs: number;
  /** Told of each login that was accepted. */
  readonly onConnected: (gatewayId: string) => void;
}

/**
 * The one actor of one gateway: all that is wanted of it and all that happens to it passes through the machine here, in turn.
 * It carries out what the machine decides, and writes each move into the registry.
 */
export class GatewaySession {
  private state = initialState;
  private readonly record: ConnectionRecord;
  private target: ConnectionTarget | null = null;
  private attempt: Attempt | null = null;
  /** Set while an attempt waits for a target that is not older than the row. */
  private waitingPriority: DialPriority | null = null;
  private socketClosed: Promise<void> = Promise.resolve();
  private retryTimer: NodeJS.Timeout | undefined;
  private hasBeenConnected = false;

  constructor(
    gateway: PublicGateway,
    private readonly tools: SessionTools,
  ) {
    this.record = tools.registry.add(gateway);
  }

  get gateway(): PublicGateway {
    return this.record.gateway;
  }

  /** Whether the row has changed since it was last heard of. */
  isOutdated({ updatedAt, connectionVersion, desiredState }: GatewayRevision): boolean {
    const known = this.gateway;
    return (
      known.updatedAt.getTime() !== updatedAt.getTime() ||
      known.connectionVersion !== connectionVersion ||
      known.desiredState !== desiredState
    );
  }

  /** Takes over what the table says of the gateway, and does at once what follows from it. */
  apply(gateway: PublicGateway): void {
    const known = this.gateway;
    if (gateway.updatedAt < known.updatedAt) return; // News overtaken by newer news.
    this.tools.registry.describe(this.record, gateway);

    if (gateway.connectionVersion > known.connectionVersion) this.handle({ type: 'targetChanged' });
    const isWanted = gateway.desiredState === 'connected';
    if (isWanted && this.state.name === 'disconnected') this.handle({ type: 'connect' });
    if (!isWanted && this.state.name !== 'disconnected') this.handle({ type: 'stop' });
  }

  /** Takes over a row that was read with what a connection needs. */
  provide(target: ConnectionTarget): void {
    if (this.target && target.gateway.connectionVersion < this.target.gateway.connectionVersion) return;
    this.target = target;
    this.apply(target.gateway);
    this.dialWhenReady();
  }

  /** The operator's order: dial at once if that is possible, whatever was waited for. */
  connect(): void {
    if (this.gateway.desiredState !== 'connected') return; // Another order overtook this one.
    this.handle({ type: 'connect' });
    if (!this.attempt?.isWaitingLast) return;
    this.endAttempt(); // An order goes before repeated failures, also when it comes while this one waits among them.
    this.begin('fresh');
  }

  /** Resolves when no socket is left. */
  stop(): Promise<void> {
    this.handle({ type: 'stop' });
    return this.socketClosed;
  }

  private handle(event: SessionEvent): void {
    const { name: from } = this.state;
    const { state, effects } = step(this.state, event);
    this.state = state;
    this.record.reason = state.reason;
    this.record.attempt = state.attempt;
    if (state.name !== from || effects.length > 0) this.record.nextRetryAt = null;
    if (state.name !== from) this.move(from);
    for (const effect of effects) this.perform(effect);
  }

  private move(from: ConnectionRecord['state']): void {
    const { record, state } = this;
    record.state = state.name;
    record.since = new Date();
    record.connectedAt = state.name === 'connected' ? record.since : null;
    if (state.name === 'connected') this.onConnected();
    else record.latencyMs = null;
    const { name: to, reason, attempt } = state;
    this.tools.logger.info({ gatewayId: record.gateway.id, from, to, reason, attempt }, 'connection moved');
    this.tools.registry.moved(record, from);
  }

  private onConnected(): void {
    if (this.hasBeenConnected) this.record.reconnects += 1;
    this.hasBeenConnected = true;
    this.record.lastSeenAt = this.record.since;
    this.tools.onConnected(this.record.gateway.id);
  }

  private perform(effect: SessionEffect): void {
    switch (effect) {
      case 'dial':
        return this.begin('fresh');
      case 'dialAgain':
        return this.begin('repeated');
      case 'sendLogin':
        if (this.target) this.attempt?.sendLogin(this.target);
        return;
      case 'subscribe':
        return this.attempt?.subscribe();
      case 'watchLiveness':
        return this.attempt?.watchLiveness();
      case 'retryWithBackoff':
        return this.retryIn(backoffMs(this.state.attempt, this.tools.backoff));
      case 'retryMuchLater':
        return this.retryIn(this.tools.authRetryMs);
      case 'endAttempt':
        return this.endAttempt();
    }
  }

  private begin(priority: DialPriority): void {
    this.attempt = new Attempt(
      this.tools,
      {
        onEvent: (event) => this.handle(event),
        onSent: () => (this.record.messagesSent += 1),
        onMessage: (isReadable) => this.onMessage(isReadable),
        onPong: (latencyMs) => this.onPong(latencyMs),
      },
      this.socketClosed,
    );
    this.socketClosed = this.attempt.closed;
    this.waitingPriority = priority;
    this.dialWhenReady();
  }

  private dialWhenReady(): void {
    const { target, attempt, waitingPriority } = this;
    if (!attempt || !waitingPriority || !target) return;
    if (target.gateway.connectionVersion < this.gateway.connectionVersion) return; // The new one is being read.
    this.waitingPriority = null;
    void attempt.dial(target, waitingPriority);
  }

  private endAttempt(): void {
    clearTimeout(this.retryTimer);
    this.waitingPriority = null;
    this.attempt?.end();
    this.attempt = null;
  }

  private retryIn(ms: number): void {
    this.record.nextRetryAt = new Date(Date.now() + ms);
    this.retryTimer = setTimeout(() => this.handle({ type: 'retryDue' }), ms);
  }

  private onMessage(isReadable: boolean): void {
    if (!isReadable) this.tools.logger.debug({ gatewayId: this.gateway.id }, 'unreadable frame dropped');
    this.record.messagesReceived += 1;
    this.record.lastMessageAt = this.record.lastSeenAt = new Date();
  }

  private onPong(latencyMs: number | null): void {
    if (latencyMs !== null) this.record.latencyMs = latencyMs;
    this.record.lastSeenAt = new Date();
  }
}
