import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { AccountLogin, AccountOutcome, AccountRecord } from '../gateways/gateway-accounts.repository';
import { GatewaysService } from '../gateways/gateways.service';

/** Refused logins allowed per account and hour. */
export const ACCOUNT_BUDGET = 10;

const HOUR_MS = 3_600_000;
const GATHER_MS = 10;
const BUSY_MS = 50;
const ROWS_PER_STATEMENT = 1000;

/** State of an account that had a refusal within the hour or has a login in flight. */
interface Account {
  refusals: number;
  /** When the hour ends and the refusals no longer count, on the monotonic clock. */
  endsAtMs: number;
  /** Logins without an answer so far; each may still be refused. */
  inFlight: number;
  /** How many of those are already counted in the table. */
  recorded: number;
}

/** A reserved login. Its outcome must be reported. */
export interface AccountTry {
  readonly account: string;
  isRecorded: boolean;
  isOver: boolean;
}

/**
 * Limits how many logins of one account (host, port and e-mail) are refused per hour, across all gateways, tests, passwords and
 * orders, and across restarts and crashes. This keeps the service from locking a plant's account or from being used to guess its
 * password.
 *
 * Logins that must be recorded are counted in the table before they are sent, in batches. Memory decides, because one process runs
 * all sessions; the table can still reject a login, which covers connection tests of other processes.
 */
@Injectable()
export class AccountBudget {
  private readonly accounts = new Map<string, Account>();
  /** Number of accounts with refusals. While it is 0, reconnecting costs nothing here. */
  private refusedAccounts = 0;
  private outcomes = new Map<string, AccountOutcome>();
  /** Serializes the statements, so that no two wait for each other's rows. */
  private writing: Promise<unknown> = Promise.resolve();
  private isUnavailable = false;
  private readonly tries = new DataLoader<AccountTry, boolean>((tries) => this.inTurn(() => this.store(tries)), {
    cache: false,
    maxBatchSize: ROWS_PER_STATEMENT,
    batchScheduleFn: (record) => void setTimeout(record, GATHER_MS),
  });

  constructor(
    private readonly gateways: GatewaysService,
    @InjectPinoLogger(AccountBudget.name) private readonly logger: PinoLogger,
  ) {}

  /** Loads the refusals of the last hour that earlier processes recorded. Rejects when the table cannot be read. */
  async load(): Promise<void> {
    for (const record of await this.gateways.findRefusedAccounts()) this.learn(record);
  }

  /** Whether any account had a refusal within the hour. */
  get hasRefusals(): boolean {
    return this.refusedAccounts > 0;
  }

  /** Whether a login of this account was refused within the hour. If so, the next login must be recorded first. */
  isSuspect(login: AccountLogin): boolean {
    if (!this.hasRefusals) return false;
    return (this.find(this.gateways.accountOf(login))?.refusals ?? 0) > 0;
  }

  /** Milliseconds until a login of this account may be sent; 0 if it may be sent now. */
  msUntilFree(login: AccountLogin): number {
    if (!this.hasRefusals) return 0;
    const account = this.find(this.gateways.accountOf(login));
    return account && account.refusals >= ACCOUNT_BUDGET ? account.endsAtMs - performance.now() : 0;
  }

  /**
   * Reserves a login. Logins in flight count as refused until they are answered.
   * @returns the reservation, whose outcome must be reported; `spent`: retry after `msUntilFree`; `busy`: retry soon
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
   * Like `reserve`, but waits while the account is busy.
   * @param isGivenUp stops waiting, with the result `spent`
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
   * Counts the login as refused in the table. Rejects when the table cannot be written.
   * @returns whether the login may be sent; if not, another process has spent the budget and the reservation is released
   */
  record(login: AccountTry): Promise<boolean> {
    return this.tries.load(login);
  }

  /** Resets the count of the account. */
  accepted(login: AccountTry): void {
    const account = this.end(login);
    if (!account) return;
    this.setRefusals(account, 0);
    this.note({ account: login.account, isCleared: true, tries: account.recorded });
    this.forgetIfIdle(login.account, account);
  }

  /** The login was refused, or was sent and its outcome will never be known. */
  refused(login: AccountTry): void {
    const account = this.end(login);
    if (!account) return;
    this.setRefusals(account, account.refusals + 1);
    if (!login.isRecorded) this.note({ account: login.account, isCleared: false, tries: 1 });
  }

  /** The login was not sent, or the connection ended without an answer. It does not count. */
  returned(login: AccountTry): void {
    const account = this.end(login);
    if (!account) return;
    if (login.isRecorded) this.note({ account: login.account, isCleared: false, tries: -1 });
    this.forgetIfIdle(login.account, account);
  }

  /** A login that was sent without being recorded, because the previous one was accepted, was refused. */
  refusedUnrecorded(login: AccountLogin): void {
    const id = this.gateways.accountOf(login);
    const account = this.find(id) ?? { refusals: 0, endsAtMs: 0, inFlight: 0, recorded: 0 };
    this.accounts.set(id, account);
    this.setRefusals(account, account.refusals + 1);
    this.note({ account: id, isCleared: false, tries: 1 });
  }

  /** Stores pending outcomes. Never rejects; what cannot be stored is kept for the next call. */
  async flush(): Promise<void> {
    if (this.outcomes.size > 0) await this.inTurn(() => this.storeOutcomes()).catch(() => undefined);
    else await this.writing;
  }

  /** Drops accounts whose hour is over, in memory and in the table. Never rejects. */
  async cleanUp(): Promise<void> {
    for (const id of [...this.accounts.keys()]) this.find(id);
    await this.inTurn(() => this.gateways.deleteOldAccounts()).catch((error: unknown) => this.markUnavailable(error));
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

  /** @returns undefined if the outcome was already reported */
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
        this.isUnavailable = false;
      } catch (error) {
        for (const outcome of batch) {
          const later = this.outcomes.get(outcome.account);
          this.outcomes.set(outcome.account, later ? merge(outcome, later) : outcome);
        }
        this.markUnavailable(error);
        throw error;
      }
    }
  }

  private async store(tries: readonly AccountTry[]): Promise<boolean[]> {
    await this.storeOutcomes(); // First, or the rows returned below would include outcomes that are still pending here.
    const open = tries.filter(({ isOver }) => !isOver);
    const counts = new Map<string, number>();
    for (const each of open) {
      counts.set(each.account, (counts.get(each.account) ?? 0) + 1);
      this.setRecorded(each, true); // Set now, so that an account cleared meanwhile keeps this login.
    }
    try {
      const wanted = [...counts].map(([account, tries]) => ({ account, tries }));
      const records = wanted.length > 0 ? await this.gateways.recordAccountTries(wanted) : [];
      this.isUnavailable = false;
      for (const record of records) this.refuseExcess(record, open);
    } catch (error) {
      for (const each of open) if (!each.isOver) this.setRecorded(each, false);
      this.markUnavailable(error);
      throw error;
    }
    return tries.map(({ isOver }) => !isOver);
  }

  /** The table counts more than this process knows: tests of another process. The logins of this batch are not sent. */
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

  private markUnavailable(error: unknown): void {
    if (!this.isUnavailable)
      this.logger.warn({ err: error }, 'refused logins of accounts cannot be stored, keeping them');
    this.isUnavailable = true;
  }
}

function merge(earlier: AccountOutcome, later: AccountOutcome): AccountOutcome {
  return later.isCleared ? later : { ...later, isCleared: earlier.isCleared, tries: earlier.tries + later.tries };
}
