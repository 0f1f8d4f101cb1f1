import type { Moment } from '../../common/clock';
import type { PublicGateway } from '../../events/domain-events';
import type { ConnectionTarget, GatewayRevision } from '../../gateways/connection-target';
import type { LoginTry, TryVerdict } from '../../gateways/gateway-logins.repository';
import type { DialPriority } from '../dial-pacer';
import type { AccountTry } from '../account';
import type { AccountBudget } from '../account-budget';
import type { LoginBudget } from '../login-budget';
import { Attempt } from './attempt';
import type { AttemptTools } from './attempt';
import { backoffMs } from './backoff';
import type { BackoffSettings } from './backoff';
import { mustRecord } from './credentials';
import { initialState, step } from './session.machine';
import type { SessionEffect, SessionEvent } from './session.machine';
import { SessionRecord } from './session-record';
import type { RecordTools } from './session-record';

/** What all sessions share. */
export interface SessionTools extends AttemptTools, RecordTools {
  readonly logins: LoginBudget;
  readonly accounts: AccountBudget;
  readonly backoff: BackoffSettings;
}

/** Timers that are longer overflow, and fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * The one actor of one gateway: all that is wanted of it and all that happens to it passes through the machine here, in turn.
 * It carries out what the machine decides.
 */
export class GatewaySession {
  private state = initialState;
  private readonly record: SessionRecord;
  private target: ConnectionTarget | null = null;
  private attempt: Attempt | null = null;
  /** Set while an attempt waits for a target that is not older than the row. */
  private waitingPriority: DialPriority | null = null;
  /** Resolves when no socket is left of the attempts that have ended. */
  private socketClosed: Promise<void> = Promise.resolve();
  private retryTimer: NodeJS.Timeout | undefined;
  private isLent = false;
  /** The login in flight, if the account budget counts it. */
  private accountTry: AccountTry | null = null;

  constructor(
    gateway: PublicGateway,
    private readonly tools: SessionTools,
    /** Asked to read the row again: what is known of it turned out to be old. */
    private readonly onOutdated: () => void,
  ) {
    this.record = new SessionRecord(gateway, tools);
  }

  get gateway(): PublicGateway {
    return this.record.gateway;
  }

  /** Address and login; null while unknown. */
  get destination(): ConnectionTarget | null {
    const { target } = this;
    return target && target.gateway.connectionVersion >= this.gateway.connectionVersion ? target : null;
  }

  /** Whether it would dial, and does not know where and as whom. */
  get isWaitingForTarget(): boolean {
    return this.waitingPriority !== null;
  }

  /** Whether the row has changed since it was last heard of. */
  isOutdated({ revision }: GatewayRevision): boolean {
    return this.gateway.revision !== revision;
  }

  /** Takes over what the table says of the gateway, and does at once what follows from it. */
  apply(gateway: PublicGateway): void {
    const known = this.gateway;
    if (gateway.revision < known.revision) return; // News overtaken by newer news.
    this.record.describe(gateway);

    if (gateway.connectionVersion > known.connectionVersion) this.handle({ type: 'targetChanged' });
    const isWanted = gateway.desiredState === 'connected';
    if (isWanted && this.state.name === 'disconnected') this.handle({ type: 'connect', now: performance.now() });
    if (!isWanted && this.state.name !== 'disconnected') this.handle({ type: 'stop' });
  }

  /** Takes over a row that was read with what a connection needs. */
  provide(target: ConnectionTarget): void {
    const knownVersion = this.target?.gateway.connectionVersion ?? 0;
    if (this.isOld(target)) return;
    if (target.gateway.connectionVersion > knownVersion) this.record.retarget(isInsecure(target));
    this.target = target;
    if (knownVersion === 0) this.learn(target);
    this.apply(target.gateway);
    this.dialWhenReady();
  }

  /** Takes over a row that is older than the known one: the table was restored from a backup, so it wins. */
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

  /** Takes over what the table says of the login. While it waits for an answer, the session knows it better. */
  learn(target: ConnectionTarget): void {
    if (this.isOld(target)) return;
    const { unanswered } = this.state.credentials;
    this.handle({ type: 'credentialsKnown', credentials: { ...target.login, unanswered }, now: performance.now() });
  }

  /** The operator's order: dial at once if that is possible, whatever was waited for. */
  connect(): void {
    if (this.gateway.desiredState !== 'connected') return; // Another order overtook this one.
    this.handle({ type: 'order', now: performance.now() });
    if (this.attempt?.isWaitingLast) {
      this.endAttempt(); // An order has priority over repeated failures, even while this attempt waits among them.
      this.begin('fresh');
    }
    this.attempt?.hurry();
  }

  /**
   * Gives the gateway to somebody else until `returned`, which must not reject: its own dials wait for that.
   * @returns what resolves when no socket of its own is left; null while it has one, or dials
   */
  lend(returned: Promise<void>): Promise<void> | null {
    if (this.attempt || this.isLent) return null;
    this.isLent = true;
    const free = this.socketClosed;
    this.socketClosed = free.then(() => returned).finally(() => (this.isLent = false));
    return free;
  }

  /** Resolves when no socket is left. */
  stop(): Promise<void> {
    this.handle({ type: 'stop' });
    return this.socketClosed;
  }

  /** Read before a change that is known already: its address and its login are of the past. */
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
        return this.noteAccepted();
      case 'noteFirstRefusal':
        return this.noteRefusal({ isRecorded: false });
      case 'noteRefusal':
        return this.noteRefusal({ isRecorded: true });
      case 'noteUnanswered':
        return this.noteUnanswered();
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
    if (target.gateway.connectionVersion < this.gateway.connectionVersion) return; // The new one is being read.
    this.waitingPriority = null;
    const { logins, accounts } = this.tools;
    const mustWait = mustRecord(this.state.credentials) || accounts.isSuspect(target);
    const ready = mustWait ? logins.whenReachable(attempt.signal) : Promise.resolve();
    void attempt.dial(target, waitingPriority, ready);
  }

  /** Which login is tried: outcomes of another one are passed over. */
  private get login(): LoginTry {
    const { target, gateway } = this;
    return { gatewayId: gateway.id, connectionVersion: (target?.gateway ?? gateway).connectionVersion };
  }

  /** Passes an event to the machine, with the standing of the account if that matters. */
  private hear(event: SessionEvent): void {
    const isSuspect =
      event.type === 'socketOpened' && this.target !== null && this.tools.accounts.isSuspect(this.target);
    this.handle(isSuspect ? { ...event, isSuspect } : event);
  }

  private async recordLogin(): Promise<void> {
    const { attempt, login, target } = this;
    if (!attempt || !target) return;
    const { accounts } = this.tools;
    let account = accounts.reserve(target);
    if (account === 'busy') account = await accounts.reserveInTurn(target, attempt.signal);
    if (account === 'spent') {
      if (!attempt.isOver) this.handle({ type: 'accountSpent' });
      return;
    }

    const verdict = await this.recordIn(account, login, attempt.signal);
    if (attempt.isOver || verdict !== 'granted') accounts.returned(account);
    if (attempt.isOver) {
      if (verdict === 'granted') this.tools.logins.returned(login); // It was given up meanwhile, and is not sent.
    } else if (verdict === 'granted') {
      this.accountTry = account;
      this.handle({ type: 'loginRecorded' });
    } else if (verdict === 'spent') this.handle({ type: 'loginBarred' });
    else if (verdict === 'accountSpent') this.handle({ type: 'accountSpent' });
    else if (verdict === 'unreachable') this.handle({ type: 'loginUnrecordable' });
    else this.awaitNewTarget();
  }

  /** Records a login in both tables, concurrently. */
  private async recordIn(
    account: AccountTry,
    login: LoginTry,
    signal: AbortSignal,
  ): Promise<Exclude<TryVerdict, 'busy'> | 'accountSpent' | 'unreachable'> {
    const { accounts, logins } = this.tools;
    const recorded = accounts.record(account).catch((error: unknown) => {
      logins.goAway(error);
      return 'unreachable' as const;
    });
    const taken = logins.take(login, signal).catch(() => 'unreachable' as const);
    const [isAllowed, verdict] = await Promise.all([recorded, taken]);
    if (isAllowed === true) return verdict;
    if (verdict === 'granted') logins.returned(login);
    return isAllowed === false ? 'accountSpent' : 'unreachable';
  }

  /** The row has another login than the one that was about to be sent. */
  private awaitNewTarget(): void {
    this.target = null;
    this.endAttempt();
    this.begin('fresh');
    this.onOutdated();
  }

  private noteAccepted(): void {
    this.tools.logins.accepted(this.login);
    if (this.accountTry) this.tools.accounts.accepted(this.accountTry);
    this.accountTry = null;
  }

  private noteRefusal({ isRecorded }: { isRecorded: boolean }): void {
    const { target, accountTry, state, tools } = this;
    const { nextLoginAt } = state.credentials;
    if (nextLoginAt !== null) tools.logins.refused(this.login, isRecorded, nextLoginAt);
    if (accountTry) tools.accounts.refused(accountTry);
    else if (target) tools.accounts.refusedUnrecorded(target);
    this.accountTry = null;
  }

  private noteUnanswered(): void {
    this.tools.logins.returned(this.login);
    if (this.accountTry) this.tools.accounts.returned(this.accountTry);
    this.accountTry = null;
  }

  private endAttempt(): void {
    clearTimeout(this.retryTimer);
    // Cut off before the answer, which may have been a refusal: reconnecting must not be a way around the limit.
    if (this.accountTry) this.tools.accounts.refused(this.accountTry);
    this.accountTry = null;
    this.waitingPriority = null;
    if (this.attempt) this.socketClosed = this.attempt.end();
    this.attempt = null;
  }

  /** Until when it will wait. Decided before the move is told: whoever hears of the move hears this with it. */
  private retryAt(effects: readonly SessionEffect[]): Moment | null {
    const { backoff, settings } = this.tools;
    if (effects.includes('retryWithBackoff')) return performance.now() + backoffMs(this.state.attempt, backoff);
    if (effects.includes('retryMuchLater')) return performance.now() + settings.authRetryMs;
    if (effects.includes('retryWhenAccountIsFree')) return performance.now() + this.msUntilAccountIsFree();
    if (!effects.includes('retryWhenPermitted')) return null;
    // At most the current delay: the database's clock may have been wrong when the time was stored.
    const { nextLoginAt } = this.state.credentials;
    return Math.min(nextLoginAt ?? 0, performance.now() + settings.authRetryMs);
  }

  private msUntilAccountIsFree(): number {
    return this.target ? this.tools.accounts.msUntilFree(this.target) : 0;
  }

  private retryWhenDue(): void {
    const waitMs = Math.max(0, (this.record.nextRetryAt ?? 0) - performance.now());
    this.retryTimer = setTimeout(() => this.handle({ type: 'retryDue' }), Math.min(waitMs, LONGEST_TIMER_MS));
  }
}

function isInsecure({ url, tls }: ConnectionTarget): boolean {
  return tls?.insecure === true && /^wss:/i.test(url);
}
