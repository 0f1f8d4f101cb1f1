import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { instanceId } from '../common/instance';
import { Config } from '../config/config';
import { FreezeWatch } from './freeze-watch';
import { Listeners } from './listeners';
import { Ownership } from './ownership';
import type { KnownReplica, LossListener, LossReason, Owner, Replica, ShardsListener } from './ownership';
import { SessionLock } from './session-lock';
import type { LockOutcome } from './session-lock';

/** How often a service without the session lock asks for it. */
export const WAIT_FOR_LOCK_MS = 500;
// Shorter than WAIT_FOR_LOCK_MS: after a database restart, the service that held the sessions gets the lock first.
const REGAIN_LOCK_MS = 100;

const WHY_NOT: Record<LockOutcome, string> = {
  acquired: 'this service was stopped',
  taken: 'another service runs the sessions of this database, and only one can',
  unreachable: 'the database cannot be reached',
};

/** Owns every gateway while it has the session lock of the database: the one service that runs the sessions. */
@Injectable()
export class SoleOwnership extends Ownership {
  readonly self: Replica = { id: instanceId, name: hostname() };
  readonly isShared = false;
  readonly figures = null;
  readonly failed: Promise<string>;
  private fail!: (reason: string) => void;
  private readonly leaving = new AbortController();
  private readonly listeners = new Listeners();
  private isHolding = false;
  /** Number of freezes. Work begun before the latest one is abandoned. */
  private freezes = 0;

  constructor(
    private readonly config: Config,
    private readonly lock: SessionLock,
    private readonly freeze: FreezeWatch,
    @InjectPinoLogger(SoleOwnership.name) private readonly logger: PinoLogger,
  ) {
    super();
    this.failed = new Promise((resolve) => (this.fail = resolve));
  }

  /** Normally the lock is free, and the sessions are known before the first request is served. */
  async start(): Promise<void> {
    this.freeze.onFreeze(() => void this.recoverFromFreeze());
    const outcome = await this.tryLock();
    if (outcome === 'acquired') await this.gain();
    else void this.waitForLock(outcome);
  }

  async drain(): Promise<void> {
    this.leaving.abort();
    this.isHolding = false;
    await this.listeners.tellGiven('all');
    await this.lock.release();
  }

  /** Replicas are those of a time when others shared the gateways. */
  cleanUp(): Promise<void> {
    return Promise.resolve();
  }

  owns(): boolean {
    return this.isHolding;
  }

  /** Always the same: nothing that a sole service writes needs a fence besides the lock. */
  epochOf(): number | null {
    return this.isHolding ? 0 : null;
  }

  latestEpochOf(): number {
    return 0;
  }

  replicas(): readonly KnownReplica[] {
    return [{ ...this.self, isLive: true, state: 'active', shards: null }];
  }

  mayOrder(): boolean {
    return this.freeze.mayAct();
  }

  mayConnect(): boolean {
    return this.freeze.mayAct();
  }

  ownerOf(): Owner | null {
    return this.isHolding ? { ...this.self, isLive: true } : null;
  }

  onGained(listener: ShardsListener): void {
    this.listeners.gained.push(listener);
  }

  onGiven(listener: ShardsListener): void {
    this.listeners.given.push(listener);
  }

  onLost(listener: LossListener): void {
    this.listeners.lost.push(listener);
  }

  private async waitForLock(outcome: LockOutcome): Promise<void> {
    const { SESSION_LOCK_TIMEOUT_MS: timeoutMs } = this.config.env;
    const deadline = performance.now() + timeoutMs;
    this.logger.warn({ timeoutMs }, WHY_NOT[outcome]);
    while (performance.now() < deadline) {
      await this.pause(WAIT_FOR_LOCK_MS);
      if (this.leaving.signal.aborted) return;
      outcome = await this.tryLock();
      if (outcome === 'acquired') return this.gainOrFail();
    }
    this.fail(WHY_NOT[outcome]);
  }

  private async gainOrFail(): Promise<void> {
    try {
      await this.gain();
    } catch (error) {
      this.logger.error({ err: error }, 'sessions cannot be started');
      this.fail('the gateways cannot be read');
    }
  }

  private async gain(): Promise<void> {
    if (this.leaving.signal.aborted) return; // `tryLock` has released the lock.
    this.isHolding = true;
    this.freeze.reopen();
    await this.listeners.tellGained('all');
  }

  /** Recovers from a freeze: ends all sessions without sending anything, then competes for the lock again. */
  private async recoverFromFreeze(): Promise<void> {
    this.freezes += 1;
    if (!this.isHolding) {
      this.freeze.reopen(); // It has no sessions, and is already waiting for the lock.
      return;
    }
    this.logger.warn('this service was frozen and another may run the sessions: ending its own');
    await this.lose('frozen');
    if (this.leaving.signal.aborted) return;
    const outcome = await this.tryLock();
    if (outcome === 'acquired') return this.gainOrFail();
    return this.waitForLock(outcome);
  }

  /** Reacquires the lock after the database connection is lost. Sessions stay up unless another service has taken the lock. */
  private async regainLock(): Promise<void> {
    if (!this.freeze.mayAct()) return; // Frozen; `recoverFromFreeze` takes over.
    const { freezes } = this;
    this.logger.warn('the connection with the session lock was lost, acquiring the lock again');
    while (!this.leaving.signal.aborted) {
      const outcome = await this.tryLock();
      if (freezes !== this.freezes || !this.freeze.mayAct()) {
        return outcome === 'acquired' ? this.lock.release() : undefined;
      }
      if (outcome === 'acquired') {
        this.logger.info('the session lock was acquired again');
        return;
      }
      if (outcome === 'taken') {
        await this.lose('taken');
        return this.waitForLock(outcome);
      }
      await this.pause(REGAIN_LOCK_MS);
    }
  }

  private async tryLock(): Promise<LockOutcome> {
    const outcome = await this.lock.tryAcquire(() => void this.regainLock());
    if (outcome === 'acquired' && this.leaving.signal.aborted) await this.lock.release();
    return outcome;
  }

  private async lose(why: LossReason): Promise<void> {
    this.isHolding = false;
    await this.listeners.tellLost('all', why);
    await this.lock.release();
  }

  private pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.leaving.signal }).catch(() => undefined);
  }
}
