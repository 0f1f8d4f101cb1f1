import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { Actor } from '../common/actor';
import type { Moment } from '../common/clock';
import { DatabaseProbe } from '../database/database-probe';
import { Outage } from '../database/outage';
import { WriteBehind } from '../database/write-behind';
import { GatewayLoginsRepository } from './gateway-logins.repository';
import type { LoginOutcome, LoginTry, TryVerdict } from './gateway-logins.repository';

const GATHER_MS = 10;
const ASK_AGAIN_MS = 1000;
const MOST_DOUBLINGS = 5;
const BUSY_MS = 50;
const ROWS_PER_STATEMENT = 1000;

/**
 * Limits how often a login may be refused, across restarts and crashes, so that no gateway locks the account. Callers record a login before
 * they send it if it was never accepted or was refused since its last acceptance; one statement records many.
 *
 * A session whose last login was accepted sends it without a record, so that it can reconnect while the database is down.
 */
@Injectable()
export class LoginBudget {
  private readonly outage = new Outage((error) =>
    this.logger.warn(
      { err: error },
      'logins cannot be recorded: those that must be recorded before they are sent wait',
    ),
  );
  /** Outcomes still to be stored, by gateway id. */
  private readonly outcomes = new WriteBehind<string, LoginOutcome>({
    batchSize: ROWS_PER_STATEMENT,
    merge,
    store: (batch) => this.store(batch),
    outage: this.outage,
  });
  private readonly tries = new DataLoader<LoginTry, TryVerdict>((tries) => this.record(tries), {
    cache: false,
    maxBatchSize: ROWS_PER_STATEMENT,
    batchScheduleFn: (record) => void setTimeout(record, GATHER_MS),
  });

  /** Logins that gateways have refused since the start of the process. */
  refusals = 0;

  constructor(
    private readonly table: GatewayLoginsRepository,
    private readonly database: DatabaseProbe,
    @InjectPinoLogger(LoginBudget.name) private readonly logger: PinoLogger,
  ) {}

  /**
   * Records a login that is about to be sent. Send it only if the verdict is `granted`. Rejects if it cannot be recorded.
   * @param signal stops waiting for a row that is in use, with the verdict `outdated`
   */
  async take(login: LoginTry, signal: AbortSignal): Promise<Exclude<TryVerdict, 'busy'>> {
    while (!signal.aborted) {
      await this.flush(); // The outcome of the previous login decides whether this one is granted.
      const isSettled = !this.outcomes.has(login.gatewayId);
      if (!isSettled && this.outage.isOngoing) throw new Error('the outcome of the previous login cannot be stored');
      const verdict = isSettled ? await this.tries.load(login) : 'busy';
      if (verdict !== 'busy') return verdict;
      await pause(BUSY_MS);
    }
    return 'outdated';
  }

  /** Resolves when a record is likely to succeed: at once, unless the last write failed. Also resolves when the signal aborts. */
  async whenReachable(signal: AbortSignal): Promise<void> {
    while (this.outage.isOngoing && !signal.aborted) {
      // Wait first: a database that answers may still refuse writes, and a record that fails costs a dial.
      await pause(ASK_AGAIN_MS * 2 ** Math.min(this.outage.wrongPresumptions, MOST_DOUBLINGS));
      if (await this.database.canWrite()) this.outage.presumeOver();
    }
  }

  /** The table cannot be written. Logins that must be recorded wait until it can. */
  markUnavailable(error: unknown): void {
    this.outage.begin(error);
  }

  /** The gateway accepted the login, which resets the count. */
  accepted(login: LoginTry): void {
    this.note({ ...login, isAccepted: true, refusals: 0, nextLoginAt: null });
  }

  /** @param isRecorded whether the login was recorded before it was sent; otherwise it is counted now */
  refused(login: LoginTry, isRecorded: boolean, nextLoginAt: Moment): void {
    this.refusals += 1;
    this.note({ ...login, isAccepted: false, refusals: isRecorded ? 0 : 1, nextLoginAt });
  }

  /** The login was recorded, but not sent or not answered. It does not count. */
  returned(login: LoginTry): void {
    this.note({ ...login, isAccepted: false, refusals: -1, nextLoginAt: null });
  }

  /** After an operator's command: grants each one login if none is left of its budget, and makes a delayed one due now. */
  grant(_actor: Actor, gatewayIds: readonly string[]): Promise<void> {
    return this.table.grant(gatewayIds);
  }

  /** Deletes what no login can need any more. Never rejects. */
  async cleanUp(): Promise<void> {
    try {
      await this.table.deleteOutdated();
    } catch (error) {
      this.logger.warn({ err: error }, 'outdated logins cannot be deleted, trying again later');
    }
  }

  /** Stores pending outcomes. Never rejects; what cannot be stored is kept for the next call. */
  flush(): Promise<void> {
    return this.outcomes.flush();
  }

  private note(outcome: LoginOutcome): void {
    this.outcomes.note(outcome.gatewayId, outcome);
    void this.flush();
  }

  /** @returns the ids of the outcomes that were not stored: their rows are in use */
  private async store(outcomes: ReadonlyMap<string, LoginOutcome>): Promise<string[]> {
    const stored = new Set(await this.table.recordOutcomes([...outcomes.values()]));
    return [...outcomes.keys()].filter((id) => !stored.has(id));
  }

  private async record(tries: readonly LoginTry[]): Promise<TryVerdict[]> {
    // One login of each gateway per statement. A second one, of a test beside the session, is `busy`.
    const first = new Map<string, LoginTry>();
    for (const each of tries) if (!first.has(each.gatewayId)) first.set(each.gatewayId, each);
    const wanted = [...first.values()];
    const verdicts = await this.outage.watch(() => this.table.recordTries(wanted));
    const verdictOf = new Map(wanted.map((each, i) => [each, verdicts[i] ?? 'busy']));
    return tries.map((each) => verdictOf.get(each) ?? 'busy');
  }
}

/** Does not keep the process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}

/** Combines two outcomes of one gateway. */
function merge(earlier: LoginOutcome, later: LoginOutcome): LoginOutcome {
  if (later.connectionVersion < earlier.connectionVersion) return earlier;
  if (later.isAccepted || later.connectionVersion > earlier.connectionVersion) return later;
  return {
    ...later,
    isAccepted: earlier.isAccepted,
    refusals: earlier.refusals + later.refusals,
    nextLoginAt: later.nextLoginAt ?? earlier.nextLoginAt,
  };
}
