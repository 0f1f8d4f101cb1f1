import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { atMost } from '../common/at-most';
import { Config } from '../config/config';
import { SessionLock } from '../database/session-lock';
import type { LockOutcome } from '../database/session-lock';
import { ConnectionSupervisor, FINAL_FLUSH_MS } from './connection.supervisor';
import { ConnectionSupervisor } from './connection.supervisor';
import { ConnectionHistory } from './history/connection-history';
import { EventRetention } from './history/event-retention';
import { LastSeenWriter } from './last-seen.writer';
import { LoginBudget } from './login-budget';
import { ConnectionTestsService } from './testing/connection-tests.service';
import { StreamsService } from './stream/streams.service';

const FLUSH_MS = 1000;
const CLEAN_UP_MS = 3_600_000;
const WAIT_FOR_LOCK_MS = 500;
// Shorter than the wait of a newcomer: after a restart of the database, whoever held the sessions gets the lock first.
const REGAIN_LOCK_MS = 100;

const WHY_NOT: Record<LockOutcome, string> = {
  acquired: 'this service was stopped',
  taken: 'another service holds the sessions of this database, and there can be only one',
  unreachable: 'the database cannot be reached',
};

/**
 * Sees to it that one service per database holds sessions: this one starts them when it has the lock, and gives them up when
 * another service took it.
 */
@Injectable()
export class SessionHolder implements OnApplicationBootstrap, OnModuleDestroy {
  /** Resolves with the reason when this service cannot do its work and must end. */
  readonly failed: Promise<string>;
  private fail!: (reason: string) => void;
  private readonly leaving = new AbortController();

  constructor(
    private readonly config: Config,
    private readonly lock: SessionLock,
    private readonly supervisor: ConnectionSupervisor,
    private readonly lastSeen: LastSeenWriter,
    private readonly logins: LoginBudget,
    private readonly tests: ConnectionTestsService,
    private readonly streams: StreamsService,
    private readonly history: ConnectionHistory,
    private readonly retention: EventRetention,
    private readonly scheduler: SchedulerRegistry,
    @InjectPinoLogger(SessionHolder.name) private readonly logger: PinoLogger,
  ) {
    this.failed = new Promise((resolve) => (this.fail = resolve));
  }

  /** With the lock free, which is the rule, the sessions are known before the first request is served. */
  async onApplicationBootstrap(): Promise<void> {
    const outcome = await this.tryLock();
    if (outcome === 'acquired') await this.start();
    else void this.waitForLock(outcome);
    this.every('reconcile', this.config.env.RECONCILE_INTERVAL_MS, () => this.reconcile());
    this.every('note-last-seen', this.config.env.LAST_SEEN_INTERVAL_MS, () => this.lastSeen.noteConnected());
    this.every('flush-last-seen', FLUSH_MS, () => void this.lastSeen.flush());
    this.every('flush-logins', FLUSH_MS, () => void this.logins.flush());
    this.every('flush-history', FLUSH_MS, () => void this.history.flush());
    this.every('clean-up-history', CLEAN_UP_MS, () => this.cleanUpHistory());
  }

  async onModuleDestroy(): Promise<void> {
    this.leaving.abort();
    for (const name of this.scheduler.getIntervals()) this.scheduler.deleteInterval(name);
    await this.giveUp();
  }

  private async waitForLock(outcome: LockOutcome): Promise<void> {
    const { SESSION_LOCK_TIMEOUT_MS: timeoutMs } = this.config.env;
    const deadline = Date.now() + timeoutMs;
    this.logger.warn({ timeoutMs }, WHY_NOT[outcome]);
    while (Date.now() < deadline) {
      await this.pause(WAIT_FOR_LOCK_MS);
      if (this.leaving.signal.aborted) return;
      outcome = await this.tryLock();
      if (outcome === 'acquired') return this.startOrFail();
    }
    this.fail(WHY_NOT[outcome]);
  }

  private async start(): Promise<void> {
    this.history.start(); // First, to hear every move.
    await this.supervisor.start();
    this.cleanUpHistory();
  }

  private async startOrFail(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      this.logger.error({ err: error }, 'sessions cannot be started');
      this.fail('the gateways cannot be read');
    }
  }

  /** The database went away. Its sessions stay up; only when another service has the lock are they given up. */
  private async regainLock(): Promise<void> {
    this.logger.warn('the connection that holds the session lock was lost, getting it back');
    while (!this.leaving.signal.aborted) {
      const outcome = await this.tryLock();
      if (outcome === 'acquired') {
        this.logger.info('the session lock is back');
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
    this.tests.abandonAll(); // A session waits for the test that has its gateway.
    this.streams.endAll(); // First: nobody must hear that all gateways are unwanted, which is how the sessions end.
    await this.supervisor.stop();
    await atMost(FINAL_FLUSH_MS, this.logins.flush());
    // The history hears nothing of what follows: in it, `disconnected` is what the operator wants, and no end of a service.
    await Promise.all([this.history.stop(), this.supervisor.stop()]);
    await this.lock.release();
  }

  private cleanUpHistory(): void {
    void this.retention.cleanUp(() => this.supervisor.isRunning);
  }

  private reconcile(): void {
    if (!this.supervisor.isRunning) return;
    this.supervisor.reconcile().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'the gateways cannot be compared with the table, keeping what is known');
    });
  }

  private every(name: string, ms: number, act: () => void): void {
    this.scheduler.addInterval(name, setInterval(act, ms));
  }

  private pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.leaving.signal }).catch(() => undefined);
  }
}
