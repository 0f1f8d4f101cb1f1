import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { Config } from '../config/config';
import { AccountBudget } from './account-budget';
import { ConnectionSupervisor } from './connection.supervisor';
import { ConnectionHistory } from './history/connection-history';
import { EventRetention } from './history/event-retention';
import { LastSeenWriter } from './last-seen.writer';
import { LoginBudget } from './login-budget';
import { StreamsService } from './stream/streams.service';
import { ConnectionTestsService } from './testing/connection-tests.service';

const FLUSH_MS = 1000;
const CLEAN_UP_MS = 3_600_000;

/** All that runs while this service holds the sessions: the sessions themselves, what is written of them, and the timers. */
@Injectable()
export class ConnectionsRuntime {
  /** Incremented by every start and stop. */
  private turn = 0;

  constructor(
    private readonly config: Config,
    private readonly supervisor: ConnectionSupervisor,
    private readonly lastSeen: LastSeenWriter,
    private readonly logins: LoginBudget,
    private readonly accounts: AccountBudget,
    private readonly history: ConnectionHistory,
    private readonly retention: EventRetention,
    private readonly tests: ConnectionTestsService,
    private readonly streams: StreamsService,
    private readonly scheduler: SchedulerRegistry,
    @InjectPinoLogger(ConnectionsRuntime.name) private readonly logger: PinoLogger,
  ) {}

  /** Starts all sessions. Rejects when the tables cannot be read. */
  async start(): Promise<void> {
    const turn = (this.turn += 1);
    await this.history.resumeFromTable();
    await this.accounts.load();
    if (turn !== this.turn) return; // Stopped meanwhile.
    this.history.start(); // Before the sessions, to receive every state change.
    await this.supervisor.start();
    if (!this.supervisor.isRunning) return; // It was stopped meanwhile.
    this.every('reconcile', this.config.env.RECONCILE_INTERVAL_MS, () => this.reconcile());
    this.every('note-last-seen', this.config.env.LAST_SEEN_INTERVAL_MS, () => this.lastSeen.noteConnected());
    this.every('flush', FLUSH_MS, () => this.flush());
    this.every('clean-up', CLEAN_UP_MS, () => this.cleanUp());
    this.cleanUp();
  }

  /** Ends every session, and stores what can be stored in time; resolves when no socket is left. */
  async stop(): Promise<void> {
    this.turn += 1;
    for (const name of this.scheduler.getIntervals()) this.scheduler.deleteInterval(name);
    // The ends that follow are told to nobody: `disconnected` is what the operator wants, and no end of a service.
    this.streams.endAll();
    const told = this.history.stop();
    this.tests.abandonAll(); // A session waits for the test that has its gateway.
    await Promise.all([told, this.supervisor.stop()]);
  }

  private flush(): void {
    void this.lastSeen.flush();
    void this.logins.flush();
    void this.accounts.flush();
    void this.history.flush();
  }

  private cleanUp(): void {
    void this.retention.cleanUp(() => this.supervisor.isRunning);
    void this.accounts.cleanUp();
  }

  private reconcile(): void {
    this.supervisor.reconcile().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'the gateways cannot be compared with the table, keeping what is known');
    });
  }

  private every(name: string, ms: number, act: () => void): void {
    this.scheduler.addInterval(name, setInterval(act, ms));
  }
}
