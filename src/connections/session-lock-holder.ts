import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { Config } from '../config/config';
import { SessionLock } from '../database/session-lock';
import type { LockOutcome } from '../database/session-lock';
import { ConnectionsRuntime } from './connections-runtime';
import { FreezeWatch } from './freeze-watch';

/** How often a service without the session lock asks for it. */
export const WAIT_FOR_LOCK_MS = 500;
// Shorter than WAIT_FOR_LOCK_MS: after a database restart, the service that held the sessions gets the lock first.
const REGAIN_LOCK_MS = 100;

const WHY_NOT: Record<LockOutcome, string> = {
  acquired: 'this service was stopped',
  taken: 'another service runs the sessions of this database, and only one can',
  unreachable: 'the database cannot be reached',
};

/** Starts the sessions when this service gets the session lock of the database, and stops them when another service has it. */
@Injectable()
export class SessionLockHolder implements OnApplicationBootstrap, OnModuleDestroy {
  /** Resolves with the reason when this service cannot do its work and must end. */
  readonly failed: Promise<string>;
  private fail!: (reason: string) => void;
  private readonly leaving = new AbortController();
  private isHolding = false;
  /** Number of freezes. Work begun before the latest one is abandoned. */
  private freezes = 0;

  constructor(
    private readonly config: Config,
    private readonly lock: SessionLock,
    private readonly runtime: ConnectionsRuntime,
    private readonly freeze: FreezeWatch,
    @InjectPinoLogger(SessionLockHolder.name) private readonly logger: PinoLogger,
  ) {
    this.failed = new Promise((resolve) => (this.fail = resolve));
  }

  /** Normally the lock is free, and the sessions are known before the first request is served. */
  async onApplicationBootstrap(): Promise<void> {
    this.freeze.onFreeze(() => void this.recoverFromFreeze());
    const outcome = await this.tryLock();
    if (outcome === 'acquired') await this.startSessions();
    else void this.waitForLock(outcome);
  }

  async onModuleDestroy(): Promise<void> {
    this.leaving.abort();
    await this.giveUp();
  }

  private async waitForLock(outcome: LockOutcome): Promise<void> {
    const { SESSION_LOCK_TIMEOUT_MS: timeoutMs } = this.config.env;
    const deadline = performance.now() + timeoutMs;
    this.logger.warn({ timeoutMs }, WHY_NOT[outcome]);
    while (performance.now() < deadline) {
      await this.pause(WAIT_FOR_LOCK_MS);
      if (this.leaving.signal.aborted) return;
      outcome = await this.tryLock();
      if (outcome === 'acquired') return this.startOrFail();
    }
    this.fail(WHY_NOT[outcome]);
  }

  private async startOrFail(): Promise<void> {
    try {
      await this.startSessions();
    } catch (error) {
      this.logger.error({ err: error }, 'sessions cannot be started');
      this.fail('the gateways cannot be read');
    }
  }

  private async startSessions(): Promise<void> {
    if (this.leaving.signal.aborted) return; // `tryLock` has released the lock.
    this.isHolding = true;
    this.freeze.reopen();
    await this.runtime.start();
  }

  /** Recovers from a freeze: ends all sessions without sending anything, then competes for the lock again. */
  private async recoverFromFreeze(): Promise<void> {
    this.freezes += 1;
    if (!this.isHolding) {
      this.freeze.reopen(); // It has no sessions, and is already waiting for the lock.
      return;
    }
    this.logger.warn('this service was frozen and another may run the sessions: ending its own');
    await this.giveUp();
    if (this.leaving.signal.aborted) return;
    const outcome = await this.tryLock();
    if (outcome === 'acquired') return this.startOrFail();
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
        await this.giveUp();
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

  private async giveUp(): Promise<void> {
    this.isHolding = false;
    await this.runtime.stop();
    await this.lock.release();
  }

  private pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.leaving.signal }).catch(() => undefined);
  }
}
