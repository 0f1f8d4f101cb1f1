import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseProbe } from '../database/database-probe';
import type { LoginOutcome, LoginTry, TryVerdict } from '../gateways/gateway-logins.repository';
import { GatewaysService } from '../gateways/gateways.service';

const GATHER_MS = 10;
const ASK_AGAIN_MS = 1000;
const BUSY_MS = 50;
const ROWS_PER_STATEMENT = 1000;

/**
 * Sees to it that no login is refused more often than the plant's account can stand, whatever becomes of this service: a login
 * that was never accepted, or was refused since, stands in the table before it is sent. Many are recorded in one statement.
 *
 * A login that was accepted last is sent without that, so that a lost session comes back while the database is away.
 */
@Injectable()
export class LoginBudget {
  /** What is still to be stored, one for each gateway. */
  private readonly outcomes = new Map<string, LoginOutcome>();
  private writing: Promise<void> | null = null;
  private waiting: Promise<void> | null = null;
  private isAway = false;
  private readonly tries = new DataLoader<LoginTry, TryVerdict>((tries) => this.record(tries), {
    cache: false,
    maxBatchSize: ROWS_PER_STATEMENT,
    batchScheduleFn: (record) => void setTimeout(record, GATHER_MS),
  });

  constructor(
    private readonly gateways: GatewaysService,
    private readonly database: DatabaseProbe,
    @InjectPinoLogger(LoginBudget.name) private readonly logger: PinoLogger,
  ) {}

  /**
   * Records a login that is about to be sent. Rejects when it cannot be recorded: then it must not be sent.
   * @param signal ends the waiting for a row that is in use
   */
  async take(login: LoginTry, signal: AbortSignal): Promise<Exclude<TryVerdict, 'busy'>> {
    while (!signal.aborted) {
      await this.flush(); // What came of the try before this one decides about this one.
      const isSettled = !this.outcomes.has(login.gatewayId);
      if (!isSettled && this.isAway) throw new Error('what came of the login before cannot be stored');
      const verdict = isSettled ? await this.tries.load(login) : 'busy';
      if (verdict !== 'busy') return verdict;
      await sleep(BUSY_MS);
    }
    return 'outdated';
  }

  /** Resolves when it is worth while to record something: at once, unless the last time failed. */
  whenReachable(): Promise<void> {
    if (!this.isAway) return Promise.resolve();
    this.waiting ??= this.waitForDatabase().finally(() => (this.waiting = null));
    return this.waiting;
  }

  /** The gateway has accepted it: the count begins anew. */
  accepted(login: LoginTry): void {
    this.note({ ...login, isAccepted: true, refusals: 0, nextLoginAt: null });
  }

  /** @param isRecorded whether it stood in the table before; otherwise it is added now */
  refused(login: LoginTry, isRecorded: boolean, nextLoginAt: Date): void {
    this.note({ ...login, isAccepted: false, refusals: isRecorded ? 0 : 1, nextLoginAt });
  }

  /** It was recorded, and then not sent or not answered: it does not count. */
  returned(login: LoginTry): void {
    this.note({ ...login, isAccepted: false, refusals: -1, nextLoginAt: null });
  }

  /** Stores what came of logins. What cannot be stored now is kept, and it never rejects. */
  flush(): Promise<void> {
    if (this.outcomes.size === 0 && !this.writing) return Promise.resolve();
    this.writing ??= this.write().finally(() => (this.writing = null));
    return this.writing;
  }

  private note(outcome: LoginOutcome): void {
    const earlier = this.outcomes.get(outcome.gatewayId);
    this.outcomes.set(outcome.gatewayId, earlier ? together(earlier, outcome) : outcome);
    void this.flush();
  }

  private async write(): Promise<void> {
    await Promise.resolve(); // Lets those of this moment come in.
    while (this.outcomes.size > 0) {
      const batch = [...this.outcomes.values()].slice(0, ROWS_PER_STATEMENT);
      for (const { gatewayId } of batch) this.outcomes.delete(gatewayId);
      const left = await this.writeBatch(batch);
      for (const outcome of left) {
        const later = this.outcomes.get(outcome.gatewayId);
        this.outcomes.set(outcome.gatewayId, later ? together(outcome, later) : outcome);
      }
      if (left.length > 0) return;
    }
  }

  /** @returns what is to be written again */
  private async writeBatch(batch: readonly LoginOutcome[]): Promise<readonly LoginOutcome[]> {
    try {
      const stored = new Set(await this.gateways.recordLoginOutcomes(batch));
      this.isAway = false;
      return batch.filter(({ gatewayId }) => !stored.has(gatewayId));
    } catch (error) {
      if (!this.isAway) this.logger.warn({ err: error }, 'what came of logins cannot be stored, keeping it');
      this.isAway = true;
      return batch;
    }
  }

  private async record(tries: readonly LoginTry[]): Promise<TryVerdict[]> {
    // Two of one gateway take turns: a test beside its session.
    const first = new Map(tries.toReversed().map((each) => [each.gatewayId, each]));
    const wanted = [...first.values()];
    try {
      const verdicts = await this.gateways.recordLoginTries(wanted);
      this.isAway = false;
      const verdictOf = new Map(wanted.map((each, i) => [each, verdicts[i] ?? 'busy']));
      return tries.map((each) => verdictOf.get(each) ?? 'busy');
    } catch (error) {
      this.isAway = true;
      throw error;
    }
  }

  private async waitForDatabase(): Promise<void> {
    this.logger.warn('the database is away: logins that were not accepted before wait for it');
    while (!(await this.database.isUp())) await sleep(ASK_AGAIN_MS, undefined, { ref: false });
    this.isAway = false;
    void this.flush();
  }
}

/** Two outcomes of one gateway as one. */
function together(earlier: LoginOutcome, later: LoginOutcome): LoginOutcome {
  if (later.isAccepted || earlier.connectionVersion !== later.connectionVersion) return later;
  return {
    ...later,
    isAccepted: earlier.isAccepted,
    refusals: earlier.isAccepted ? later.refusals : earlier.refusals + later.refusals,
    nextLoginAt: later.nextLoginAt ?? earlier.nextLoginAt,
  };
}
