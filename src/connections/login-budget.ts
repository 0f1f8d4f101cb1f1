import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { Moment } from '../common/clock';
import { DatabaseProbe } from '../database/database-probe';
import type { LoginOutcome, LoginTry, TryVerdict } from '../gateways/gateway-logins.repository';
import { GatewaysService } from '../gateways/gateways.service';

const GATHER_MS = 10;
const ASK_AGAIN_MS = 1000;
const MOST_DOUBLINGS = 5;
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
  private isAway = false;
  /** How often the database answered, and then could not write after all. */
  private vainReturns = 0;
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
      await pause(BUSY_MS);
    }
    return 'outdated';
  }

  /** Resolves when it is worth while to record something: at once, unless the last time failed. Or when the signal aborts. */
  async whenReachable(signal: AbortSignal): Promise<void> {
    while (this.isAway && !signal.aborted) {
      // First of all: a database that answers may still refuse to write, and each try for that is a dial.
      await pause(ASK_AGAIN_MS * 2 ** Math.min(this.vainReturns, MOST_DOUBLINGS));
      if (!(await this.database.canWrite())) continue;
      this.isAway = false;
      this.vainReturns += 1;
    }
  }

  /** The gateway has accepted it: the count begins anew. */
  accepted(login: LoginTry): void {
    this.note({ ...login, isAccepted: true, refusals: 0, nextLoginAt: null });
  }

  /** @param isRecorded whether it stood in the table before; otherwise it is added now */
  refused(login: LoginTry, isRecorded: boolean, nextLoginAt: Moment): void {
    this.note({ ...login, isAccepted: false, refusals: isRecorded ? 0 : 1, nextLoginAt });
  }

  /** It was recorded, and then not sent or not answered: it does not count. */
  returned(login: LoginTry): void {
    this.note({ ...login, isAccepted: false, refusals: -1, nextLoginAt: null });
  }

  /** Stores what came of logins. What cannot be stored now is kept for the next call, and it never rejects. */
  flush(): Promise<void> {
    if (this.outcomes.size > 0) this.writing ??= this.write();
    return this.writing ?? Promise.resolve();
  }

  private note(outcome: LoginOutcome): void {
    const earlier = this.outcomes.get(outcome.gatewayId);
    this.outcomes.set(outcome.gatewayId, earlier ? together(earlier, outcome) : outcome);
    void this.flush();
  }

  private async write(): Promise<void> {
    await Promise.resolve(); // Lets those of this moment come in.
    let isDone = false;
    while (!isDone && this.outcomes.size > 0) {
      const batch = [...this.outcomes.values()].slice(0, ROWS_PER_STATEMENT);
      for (const { gatewayId } of batch) this.outcomes.delete(gatewayId);
      const left = await this.writeBatch(batch);
      for (const outcome of left) {
        const later = this.outcomes.get(outcome.gatewayId);
        this.outcomes.set(outcome.gatewayId, later ? together(outcome, later) : outcome);
      }
      isDone = left.length > 0; // Or a row in use would be asked for without a pause.
    }
    this.writing = null; // Here, and not when the promise settles: nothing may come in between and be left lying.
  }

  /** @returns what is to be written again */
  private async writeBatch(batch: readonly LoginOutcome[]): Promise<readonly LoginOutcome[]> {
    try {
      const stored = new Set(await this.gateways.recordLoginOutcomes(batch));
      this.isBack();
      return batch.filter(({ gatewayId }) => !stored.has(gatewayId));
    } catch (error) {
      this.goAway(error);
      return batch;
    }
  }

  private async record(tries: readonly LoginTry[]): Promise<TryVerdict[]> {
    // Two of one gateway take turns: a test beside its session.
    const first = new Map<string, LoginTry>();
    for (const each of tries) if (!first.has(each.gatewayId)) first.set(each.gatewayId, each);
    const wanted = [...first.values()];
    try {
      const verdicts = await this.gateways.recordLoginTries(wanted);
      this.isBack();
      const verdictOf = new Map(wanted.map((each, i) => [each, verdicts[i] ?? 'busy']));
      return tries.map((each) => verdictOf.get(each) ?? 'busy');
    } catch (error) {
      this.goAway(error);
      throw error;
    }
  }

  private isBack(): void {
    this.isAway = false;
    this.vainReturns = 0;
  }

  /** The table cannot be written: logins that must be recorded wait until it can be. */
  goAway(error: unknown): void {
    if (!this.isAway) this.logger.warn({ err: error }, 'logins cannot be recorded: those not accepted before wait');
    this.isAway = true;
  }
}

/** Does not keep the process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}

/** Two outcomes of one gateway as one. */
function together(earlier: LoginOutcome, later: LoginOutcome): LoginOutcome {
  if (later.connectionVersion < earlier.connectionVersion) return earlier;
  if (later.isAccepted || later.connectionVersion > earlier.connectionVersion) return later;
  return {
    ...later,
    isAccepted: earlier.isAccepted,
    refusals: earlier.refusals + later.refusals,
    nextLoginAt: later.nextLoginAt ?? earlier.nextLoginAt,
  };
}
