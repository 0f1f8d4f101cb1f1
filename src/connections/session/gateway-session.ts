import type { Moment } from '../../common/clock';
import type { PublicGateway } from '../../events/domain-events';
import type { Command, CommandOutcome } from '../../gateway-client/conversation/command';
import type { ConnectionTarget, GatewayRevision } from '../../gateways/connection-target';
import type { LoginTry } from '../../login-budget/gateway-logins.repository';
import type { DialPriority } from './dial-pacer';
import { Attempt } from './attempt';
import type { AttemptTools } from './attempt';
import { backoffMs } from './backoff';
import type { BackoffSettings } from './backoff';
import { initialState, step } from './session.machine';
import type { SessionEffect, SessionEvent } from './session.machine';
import { mustRecord } from '../../login-budget/login-standing';
import { SessionLogins } from './session-logins';
import type { LoginBudgets, RecordVerdict } from './session-logins';
import { SessionRecord } from './session-record';
import type { RecordTools } from './session-record';

/** What this process may do to a gateway that others might take over. Ask immediately before doing it. */
export interface SessionPermissions {
  /** Whether a login or the first dial may be sent. */
  mayOrder(gatewayId: string): boolean;
  /** Whether the gateway may be dialled again, with a login that it has accepted. */
  mayConnect(gatewayId: string): boolean;
}

/** Shared by all sessions. */
export interface SessionTools extends AttemptTools, RecordTools, LoginBudgets {
  readonly backoff: BackoffSettings;
  /** Undefined if nobody else can take a gateway over. */
  readonly permissions?: SessionPermissions | undefined;
}

/** How often a session that may not dial asks again. */
const ASK_AGAIN_MS = 250;

/** What was before a session. */
interface SessionHistory {
  /** Resolves when an earlier session of this gateway has no socket left. */
  readonly previous?: Promise<void> | undefined;
  /** Whether another process has had the session. Then its first state change says so. */
  readonly hasMoved?: boolean;
}

/** The longest delay of a timer. A longer one overflows and fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

const EVENT_OF = {
  granted: 'loginRecorded',
  spent: 'loginBarred',
  accountSpent: 'accountSpent',
  unreachable: 'loginUnrecordable',
} as const satisfies Record<Exclude<RecordVerdict, 'outdated'>, SessionEvent['type']>;

/**
 * Runs the session of one gateway. The state machine decides every change of its state; this class carries out the effects.
 */
export class GatewaySession {
  private state = initialState;
  private readonly record: SessionRecord;
  private target: ConnectionTarget | null = null;
  private attempt: Attempt | null = null;
  /** Set while the attempt waits for a target that is at least as new as the row. */
  private waitingPriority: DialPriority | null = null;
  /** Resolves when the sockets of all ended attempts are gone and a lease, if any, has been returned. */
  private socketClosed: Promise<void>;
  private retryTimer: NodeJS.Timeout | undefined;
  private isLent = false;
  /** Until the first row is applied. */
  private hasMoved: boolean;
  private readonly logins: SessionLogins;

  constructor(
    gateway: PublicGateway,
    private readonly tools: SessionTools,
    /** Called to have the row re-read when the known one turns out to be outdated. */
    private readonly onOutdated: () => void,
    { previous = Promise.resolve(), hasMoved = false }: SessionHistory = {},
  ) {
    this.socketClosed = previous;
    this.hasMoved = hasMoved;
    this.record = new SessionRecord(gateway, tools);
    this.logins = new SessionLogins(tools);
  }

  get gateway(): PublicGateway {
    return this.record.gateway;
  }

  /** Address and login; null while unknown. */
  get destination(): ConnectionTarget | null {
    const { target } = this;
    return target && !this.isOld(target) ? target : null;
  }

  /** Whether the attempt cannot dial yet because its address and login are unknown. */
  get isWaitingForTarget(): boolean {
    return this.waitingPriority !== null;
  }

  /** Whether the row's revision differs from the known one. */
  isOutdated({ revision }: GatewayRevision): boolean {
    return this.gateway.revision !== revision;
  }

  /**
   * Applies a row of the table: a new connection version restarts the attempt, and the desired state starts or stops the session. A row
   * older than the known one is ignored.
   */
  apply(gateway: PublicGateway): void {
    const known = this.gateway;
    if (gateway.revision < known.revision) return; // A newer row has been applied already.
    this.record.describe(gateway);

    if (gateway.connectionVersion > known.connectionVersion) this.handle({ type: 'targetChanged' });
    const isWanted = gateway.desiredState === 'connected';
    if (isWanted && this.state.name === 'disconnected') this.connectAtFirst();
    this.hasMoved = false;
    if (!isWanted && this.state.name !== 'disconnected') this.handle({ type: 'stop' });
  }

  /** Applies a row that was read with its address and login, unless its connection version is outdated. */
  provide(target: ConnectionTarget): void {
    const knownVersion = this.target?.gateway.connectionVersion ?? 0;
    if (this.isOld(target)) return;
    if (target.gateway.connectionVersion > knownVersion) this.record.retarget(isInsecure(target));
    this.target = target;
    if (knownVersion === 0) this.learn(target);
    this.apply(target.gateway);
    this.dialWhenReady();
  }

  /** Applies a row that is older than the known one. The table was restored from a backup, so the row wins. */
  restore(target: ConnectionTarget): void {
    const isElsewhere = target.gateway.connectionVersion !== this.gateway.connectionVersion;
    this.record.describe(target.gateway);
    this.record.retarget(isInsecure(target));
    this.target = target;
    if (isElsewhere) {
      this.handle({ type: 'targetChanged' });
      this.learn(target);
    }
    this.apply(target.gateway);
    this.dialWhenReady();
  }

  /**
   * Applies the table's record of the login. While a login is recorded or awaits its answer, the session's own counts take precedence:
   * the table may already count that login.
   */
  learn(target: ConnectionTarget): void {
    if (this.isOld(target) || (this.attempt && this.logins.isRecordingFor(this.attempt))) return;
    const { unanswered } = this.state.standing;
    this.handle({ type: 'standingKnown', standing: { ...target.login, unanswered }, now: performance.now() });
  }

  /** Carries out an operator's connect order: ends any wait for a retry and goes ahead of repeated failures. */
  connect(): void {
    if (this.gateway.desiredState !== 'connected') return; // A disconnect order has overtaken this one.
    this.handle({ type: 'order', now: performance.now() });
    if (this.attempt?.isWaitingLast) {
      this.endAttempt(); // An order has priority over repeated failures, even while this attempt waits among them.
      this.begin('fresh');
    }
    this.attempt?.hurry();
  }

  /** Ends the connection if the allowed networks no longer contain its address. Call when they have changed. */
  checkAddress(): void {
    this.attempt?.checkAddress();
  }

  /**
   * Lends the gateway to the caller. The session does not dial until `returned` resolves; `returned` must not reject.
   * @returns a promise that resolves when the session has no socket left; null if it has an attempt or the gateway is lent already
   */
  lease(returned: Promise<void>): Promise<void> | null {
    if (this.attempt || this.isLent) return null;
    this.isLent = true;
    const free = this.socketClosed;
    this.socketClosed = free.then(() => returned).finally(() => (this.isLent = false));
    return free;
  }

  /** See `Conversation.execute`. */
  execute(command: Command, onEnded: (outcome: CommandOutcome) => void): (() => void) | null {
    return this.attempt?.execute(command, onEnded) ?? null;
  }

  /** See `Conversation.forPeople`. Null without a connection. */
  forPeople(text: string): string | null {
    return this.attempt?.forPeople(text) ?? null;
  }

  /** Resolves when no socket is left, and no test has the gateway. */
  stop(): Promise<void> {
    this.handle({ type: 'stop' });
    return this.socketClosed;
  }

  /**
   * Ends without a state change: another process goes on with the gateway.
   * @returns a promise that resolves when no socket is left, and no test has the gateway
   */
  leave(): Promise<void> {
    this.endAttempt();
    return this.socketClosed;
  }

  private connectAtFirst(): void {
    if (this.hasMoved) this.record.goOn();
    this.handle({ type: 'connect', now: performance.now(), ...(this.hasMoved && { hasMoved: true }) });
  }

  /** Whether the target was read before a change that is already known, so that its address and login are outdated. */
  private isOld({ gateway }: ConnectionTarget): boolean {
    return gateway.connectionVersion < this.gateway.connectionVersion;
  }

  private handle(event: SessionEvent): void {
    const { name: from } = this.state;
    const { state, effects } = step(this.state, event);
    this.state = state;
    if (state.name !== from || effects.length > 0) this.record.nextRetryAt = this.retryAt(effects);
    this.record.update(state);
    for (const effect of effects) this.perform(effect);
  }

  private perform(effect: SessionEffect): void {
    switch (effect) {
      case 'dial':
        return this.begin('fresh');
      case 'dialAgain':
        return this.begin('repeated');
      case 'recordLogin':
        return void this.recordLogin();
      case 'sendLogin':
        return this.attempt?.sendLogin();
      case 'noteAccepted':
        return this.logins.accepted(this.login);
      case 'noteUnrecordedRefusal':
        return this.noteRefusal({ isRecorded: false });
      case 'noteRecordedRefusal':
        return this.noteRefusal({ isRecorded: true });
      case 'noteUnanswered':
        return this.logins.unanswered(this.login);
      case 'subscribe':
        return this.attempt?.subscribe();
      case 'watchLiveness':
        return this.attempt?.watchLiveness();
      case 'retryWithBackoff':
      case 'retryMuchLater':
      case 'retryWhenPermitted':
      case 'retryWhenAccountIsFree':
        return this.retryWhenDue();
      case 'endAttempt':
        return this.endAttempt();
    }
  }

  private begin(priority: DialPriority): void {
    this.attempt = new Attempt(this.tools, (event) => this.hear(event), this.record, this.socketClosed);
    this.waitingPriority = priority;
    this.dialWhenReady();
  }

  private dialWhenReady(): void {
    const { target, attempt, waitingPriority } = this;
    if (!attempt || !waitingPriority || !target) return;
    if (this.isOld(target)) return; // The new one is being read.
    this.waitingPriority = null;
    void attempt.dial(target, waitingPriority, this.whenReady(target, attempt));
  }

  private whenReady(target: ConnectionTarget, attempt: Attempt): Promise<void> {
    const ready = this.logins.whenReady(target, this.state.standing, attempt.signal);
    return this.tools.permissions ? ready.then(() => this.whenPermitted(attempt)) : ready;
  }

  private async whenPermitted(attempt: Attempt): Promise<void> {
    while (!attempt.isOver && !this.mayLogIn) {
      await new Promise((resolve) => void setTimeout(resolve, ASK_AGAIN_MS).unref());
    }
  }

  /** A login that was accepted here may be repeated while the database is away. */
  private get mayLogIn(): boolean {
    const { permissions } = this.tools;
    if (!permissions) return true;
    const isRepeated = this.record.hasBeenConnected && !mustRecord(this.state.standing);
    return isRepeated ? permissions.mayConnect(this.gateway.id) : permissions.mayOrder(this.gateway.id);
  }

  /** Identifies the login that is tried. Outcomes for another connection version are not stored. */
  private get login(): LoginTry {
    const { target, gateway } = this;
    return { gatewayId: gateway.id, connectionVersion: (target?.gateway ?? gateway).connectionVersion };
  }

  /** Passes an event to the machine. Adds to `socketOpened` whether the account is suspect. */
  private hear(event: SessionEvent): void {
    if (event.type === 'socketOpened' && !this.mayLogIn) return this.handle({ type: 'loginUnrecordable' });
    const isSuspect = event.type === 'socketOpened' && this.target !== null && this.logins.isSuspect(this.target);
    this.handle(isSuspect ? { ...event, isSuspect } : event);
  }

  private async recordLogin(): Promise<void> {
    const { attempt, target } = this;
    if (!attempt || !target) return;
    const verdict = await this.logins.record(this.login, target, attempt);
    if (attempt.isOver) return;
    if (verdict === 'outdated') this.awaitNewTarget();
    else if (verdict === 'granted' && !this.mayLogIn) this.withholdLogin();
    else this.handle({ type: EVENT_OF[verdict] });
  }

  /** The permission has ended while the login was recorded. */
  private withholdLogin(): void {
    this.logins.unanswered(this.login);
    this.handle({ type: 'loginUnrecordable' });
  }

  /** The row no longer has the login that was about to be sent. Starts over, and has the row re-read. */
  private awaitNewTarget(): void {
    this.target = null;
    this.endAttempt();
    this.begin('fresh');
    this.onOutdated();
  }

  private noteRefusal({ isRecorded }: { isRecorded: boolean }): void {
    this.logins.refused(this.login, this.target, isRecorded, this.state.standing.nextLoginAt);
  }

  private endAttempt(): void {
    clearTimeout(this.retryTimer);
    this.logins.abandon();
    this.waitingPriority = null;
    if (this.attempt) this.socketClosed = this.attempt.end();
    this.attempt = null;
  }

  /** When the next attempt is due; null if the effects include no retry. Set before listeners are called, so that they see it. */
  private retryAt(effects: readonly SessionEffect[]): Moment | null {
    const { backoff, settings } = this.tools;
    if (effects.includes('retryWithBackoff')) return performance.now() + backoffMs(this.state.attempt, backoff);
    if (effects.includes('retryMuchLater')) return performance.now() + settings.authRetryMs;
    if (effects.includes('retryWhenAccountIsFree')) return performance.now() + this.msUntilAccountIsFree();
    if (!effects.includes('retryWhenPermitted')) return null;
    // At most `authRetryMs` from now: the database's clock may have been wrong when the time was stored.
    const { nextLoginAt } = this.state.standing;
    return Math.min(nextLoginAt ?? 0, performance.now() + settings.authRetryMs);
  }

  private msUntilAccountIsFree(): number {
    return this.target ? this.logins.msUntilAccountIsFree(this.target) : 0;
  }

  private retryWhenDue(): void {
    const waitMs = Math.max(0, (this.record.nextRetryAt ?? 0) - performance.now());
    this.retryTimer = setTimeout(() => this.handle({ type: 'retryDue' }), Math.min(waitMs, LONGEST_TIMER_MS));
  }
}

function isInsecure({ url, tls }: ConnectionTarget): boolean {
  return tls?.insecure === true && /^wss:/i.test(url);
}
