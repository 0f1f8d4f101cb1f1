import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { AccountLogin, AccountOutcome, AccountRecord } from '../gateways/gateway-accounts.repository';
import { GatewaysService } from '../gateways/gateways.service';

/** How many logins of one account may be refused within an hour. */
export const ACCOUNT_BUDGET = 10;

const HOUR_MS = 3_600_000;
const GATHER_MS = 10;
const BUSY_MS = 50;
const ROWS_PER_STATEMENT = 1000;

/** What is known of an account: only of those that met a refusal within the hour, or are logging in. */
interface Account {
  refusals: number;
  /** When the refusals are forgotten, by the monotonic clock. */
  endsAtMs: number;
  /** Logins that are not answered yet: each may be refused. */
  inFlight: number;
  /** Those of them that the table counts already. */
  recorded: number;
}

/** A login that may be sent, until it is known what came of it. */
export interface AccountTry {
  readonly account: string;
  isRecorded: boolean;
  isOver: boolean;
}

/**
 * Limits how often the logins of one account (host, port and e-mail) are refused within an hour, over all gateways, tests,
 * passwords and orders, across restarts and crashes, so that a plant's account is neither locked nor guessed at.
 *
 * Logins that have to be recorded are counted in the table before they are sent, many in one statement. Memory decides, as one
 * process holds the sessions; the table has the last word, for the tests of other processes.
 */
@Injectable()
export class AccountBudget {
  private readonly accounts = new Map<string, Account>();
  /** How many accounts have refusals: while there are none, a lost session costs nothing here. */
  private refusedAccounts = 0;
  private outcomes = new Map<string, AccountOutcome>();
  /** One statement at a time, so that no two wait for each other's rows. */
  private writing: Promise<unknown> = Promise.resolve();
  private isAway = false;
  private readonly tries = new DataLoader<AccountTry, boolean>((tries) => this.inTurn(() => this.store(tries)), {
    cache: false,
    maxBatchSize: ROWS_PER_STATEMENT,
    batchScheduleFn: (record) => void setTimeout(record, GATHER_MS),
  });

  constructor(
    private readonly gateways: GatewaysService,
    @InjectPinoLogger(AccountBudget.name) private readonly logger: PinoLogger,
  ) {}

  /** Reads what was refused within the hour, by a service that ended. Rejects when the table cannot be read. */
  async load(): Promise<void> {
    for (const record of await this.gateways.findRefusedAccounts()) this.learn(record);
  }

  /** Whether any account met a refusal within the hour. */
  get hasRefusals(): boolean {
    return this.refusedAccounts > 0;
  }

  /** Whether a login of this account was refused within the hour, so that the next one has to be recorded first. */
  isSuspect(login: AccountLogin): boolean {
    if (!this.hasRefusals) return false;
    return (this.find(this.gateways.accountOf(login))?.refusals ?? 0) > 0;
  }

  /** How long no login of this account may be sent, in milliseconds; 0 when one may. */
  msUntilFree(login: AccountLogin): number {
    if (!this.hasRefusals) return 0;
    const account = this.find(this.gateways.accountOf(login));
    return account && account.refusals >= ACCOUNT_BUDGET ? account.endsAtMs - performance.now() : 0;
  }

  /**
   * Takes one login from the budget, which counts those under way as if they were refused.
   * @returns a try whose outcome must be told here. `spent`: none may be sent until `msUntilFree`; `busy`: ask again
   */
  reserve(login: AccountLogin): AccountTry | 'spent' | 'busy' {
    const id = this.gateways.accountOf(login);
    const account = this.find(id) ?? { refusals: 0, endsAtMs: 0, inFlight: 0, recorded: 0 };
    if (account.refusals >= ACCOUNT_BUDGET) return 'spent';
    if (account.refusals + account.inFlight >= ACCOUNT_BUDGET) return 'busy';
    account.inFlight += 1;
    this.accounts.set(id, account);
    return { account: id, isRecorded: false, isOver: false };
  }

  /**
   * Waits while it is busy.
   * @param isGivenUp ends the waiting, with `spent`
   */
  async reserveInTurn(login: AccountLogin, isGivenUp: () => boolean): Promise<AccountTry | 'spent'> {
    let reserved = this.reserve(login);
    while (reserved === 'busy' && !isGivenUp()) {
      await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
      reserved = this.reserve(login);
    }
    return reserved === 'busy' ? 'spent' : reserved;
  }

  /**
   * Counts it in the table, as if it were refused already. Rejects when that cannot be done.
   * @returns whether it may be sent; if not, another process has spent the budget, and the try is over
   */
  record(login: AccountTry): Promise<boolean> {
    return this.tries.load(login);
  }

  /** The count of the account begins anew. */
  accepted(login: AccountTry): void {
    const account = this.end(login);
    if (!account) return;
    this.setRefusals(account, 0);
    this.note({ account: login.account, isCleared: true, tries: account.recorded });
    this.forgetIfIdle(login.account, account);
  }

  /** Refused; or sent, and nobody will know what came of it. */
  refused(login: AccountTry): void {
    const account = this.end(login);
    if (!account) return;
    this.setRefusals(account, account.refusals + 1);
    if (!login.isRecorded) this.note({ account: login.account, isCleared: false, tries: 1 });
  }

  /** It was not sent, or the gateway ended the connection without an answer: it does not count. */
  returned(login: AccountTry): void {
    const account = this.end(login);
    if (!account) return;
    if (login.isRecorded) this.note({ account: login.account, isCleared: false, tries: -1 });
    this.forgetIfIdle(login.account, account);
  }

  /** A login that was accepted before, and therefore not recorded, was refused. */
  refusedUnrecorded(login: AccountLogin): void {
    const id = this.gateways.accountOf(login);
    const account = this.find(id) ?? { refusals: 0, endsAtMs: 0, inFlight: 0, recorded: 0 };
    this.accounts.set(id, account);
    this.setRefusals(account, account.refusals + 1);
    this.note({ account: id, isCleared: false, tries: 1 });
  }

  /** Stores what came of logins. What cannot be stored now is kept for the next call, and it never rejects. */
  async flush(): Promise<void> {
    if (this.outcomes.size > 0) await this.inTurn(() => this.storeOutcomes()).catch(() => undefined);
    else await this.writing;
  }

  /** Forgets what is older than an hour, here and in the table. Never rejects. */
  async cleanUp(): Promise<void> {
    for (const id of [...this.accounts.keys()]) this.find(id);
    await this.inTurn(() => this.gateways.deleteOldAccounts()).catch((error: unknown) => this.goAway(error));
  }

  private find(id: string): Account | undefined {
    const account = this.accounts.get(id);
    if (!account || account.refusals === 0 || performance.now() < account.endsAtMs) return account;
    this.setRefusals(account, 0);
    this.forgetIfIdle(id, account);
    return account;
  }

  private setRefusals(account: Account, refusals: number): void {
    if (account.refusals === 0 && refusals > 0) {
      this.refusedAccounts += 1;
      account.endsAtMs = performance.now() + HOUR_MS;
    }
    if (account.refusals > 0 && refusals === 0) this.refusedAccounts -= 1;
    account.refusals = refusals;
  }

  private forgetIfIdle(id: string, { refusals, inFlight }: Account): void {
    if (refusals === 0 && inFlight === 0) this.accounts.delete(id);
  }

  /** @returns undefined when it is known already what came of it */
  private end(login: AccountTry): Account | undefined {
    const account = this.accounts.get(login.account);
    if (!account || login.isOver) return undefined;
    login.isOver = true;
    account.inFlight -= 1;
    if (login.isRecorded) account.recorded -= 1;
    return account;
  }

  private learn({ account: id, refusals, leftMs }: AccountRecord): void {
    const account = this.find(id) ?? { refusals: 0, endsAtMs: 0, inFlight: 0, recorded: 0 };
    const known = Math.max(account.refusals, refusals - account.recorded);
    if (known === 0) return;
    this.accounts.set(id, account);
    this.setRefusals(account, known);
    account.endsAtMs = Math.min(account.endsAtMs, performance.now() + leftMs);
  }

  private note(outcome: AccountOutcome): void {
    const earlier = this.outcomes.get(outcome.account);
    this.outcomes.set(outcome.account, earlier ? merge(earlier, outcome) : outcome);
    void this.flush();
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.writing.then(work);
    this.writing = result.catch(() => undefined);
    return result;
  }

  private async storeOutcomes(): Promise<void> {
    while (this.outcomes.size > 0) {
      const batch = [...this.outcomes.values()].slice(0, ROWS_PER_STATEMENT);
      for (const { account } of batch) this.outcomes.delete(account);
      try {
        await this.gateways.recordAccountOutcomes(batch);
        this.isAway = false;
      } catch (error) {
        for (const outcome of batch) {
          const later = this.outcomes.get(outcome.account);
          this.outcomes.set(outcome.account, later ? merge(outcome, later) : outcome);
        }
        this.goAway(error);
        throw error;
      }
    }
  }

  private async store(tries: readonly AccountTry[]): Promise<boolean[]> {
    await this.storeOutcomes(); // Or the rows would say more than is known here.
    const open = tries.filter(({ isOver }) => !isOver);
    const counts = new Map<string, number>();
    for (const each of open) {
      counts.set(each.account, (counts.get(each.account) ?? 0) + 1);
      this.setRecorded(each, true); // From now on: an account that is cleared meanwhile keeps this one.
    }
    try {
      const wanted = [...counts].map(([account, tries]) => ({ account, tries }));
      const records = wanted.length > 0 ? await this.gateways.recordAccountTries(wanted) : [];
      this.isAway = false;
      for (const record of records) this.refuseExcess(record, open);
    } catch (error) {
      for (const each of open) if (!each.isOver) this.setRecorded(each, false);
      this.goAway(error);
      throw error;
    }
    return tries.map(({ isOver }) => !isOver);
  }

  /** More than is known here: the tests of another process. Those of this moment are not sent. */
  private refuseExcess(record: AccountRecord, tries: readonly AccountTry[]): void {
    if (record.refusals <= ACCOUNT_BUDGET) return;
    const own = tries.filter(({ account }) => account === record.account);
    for (const each of own.slice(-(record.refusals - ACCOUNT_BUDGET))) this.returned(each);
    this.learn({ ...record, refusals: ACCOUNT_BUDGET + (this.accounts.get(record.account)?.recorded ?? 0) });
  }

  private setRecorded(login: AccountTry, isRecorded: boolean): void {
    const account = this.accounts.get(login.account);
    if (account) account.recorded += isRecorded ? 1 : -1;
    login.isRecorded = isRecorded;
  }

  private goAway(error: unknown): void {
    if (!this.isAway) this.logger.warn({ err: error }, 'refused logins of accounts cannot be stored, keeping them');
    this.isAway = true;
  }
}

function merge(earlier: AccountOutcome, later: AccountOutcome): AccountOutcome {
  return later.isCleared ? later : { ...later, isCleared: earlier.isCleared, tries: earlier.tries + later.tries };
}
