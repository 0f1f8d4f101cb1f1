import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import DataLoader from 'dataloader';
import { createHmac, randomBytes } from 'node:crypto';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { atMost } from '../common/at-most';
import { Outage } from '../database/outage';
import type { Secret } from '../crypto/secret';
import { Account, ACCOUNT_BUDGET } from './account';
import type { AccountCandidate, AccountTry } from './account';
import { AccountOutcomes } from './account-outcomes';
import { GatewayAccountsRepository } from './gateway-accounts.repository';
import type { AccountLogin, AccountRecord } from './gateway-accounts.repository';

const HOUR_MS = 3_600_000;
const GATHER_MS = 10;
const FINAL_FLUSH_MS = 1000;
const ROWS_PER_STATEMENT = 1000;

/**
 * Limits how many logins of one account (host, port and e-mail) are refused per hour, across all gateways, tests, passwords and
 * operator commands, and across restarts and crashes. This keeps the service from locking a plant's account or from being used to guess
 * its password.
 *
 * Logins that must be recorded are counted in the table before they are sent, in batches. Memory decides, because one process runs
 * all sessions; the table can still reject a login, which covers connection tests of other processes.
 */
@Injectable()
export class AccountBudget implements BeforeApplicationShutdown {
  private readonly accounts = new Map<string, Account>();
  /** Number of accounts with refusals. While it is 0, reconnecting costs nothing here. */
  private refusedAccounts = 0;
  private readonly outage = new Outage((error) =>
    this.logger.warn({ err: error }, 'refused logins of accounts cannot be stored, keeping them'),
  );
  private readonly outcomes = new AccountOutcomes((outcomes) => this.table.recordOutcomes(outcomes), this.outage);
  private readonly digestKey = randomBytes(32);
  private readonly tries = new DataLoader<AccountTry, boolean>(
    // After the flush, so that the counts returned reflect outcomes that were still pending here.
    (tries) => this.outcomes.afterFlush(() => this.store(tries)),
    {
      cache: false,
      maxBatchSize: ROWS_PER_STATEMENT,
      batchScheduleFn: (record) => void setTimeout(record, GATHER_MS),
    },
  );

  private readonly digestOf = (password: Secret): string =>
    createHmac('sha256', this.digestKey)
      .update(password.revealOrNull() ?? '')
      .digest('base64');

  constructor(
    private readonly table: GatewayAccountsRepository,
    @InjectPinoLogger(AccountBudget.name) private readonly logger: PinoLogger,
  ) {}

  /** Loads the refusals of the last hour that earlier processes recorded. Rejects when the table cannot be read. */
  async load(): Promise<void> {
    for (const record of await this.table.findRefused()) this.learn(record);
  }

  /** Whether any account had a refusal within the hour. */
  get hasRefusals(): boolean {
    return this.refusedAccounts > 0;
  }

  /** Whether a login of this account was refused within the hour. If so, the next login must be recorded first. */
  isSuspect(login: AccountLogin): boolean {
    if (!this.hasRefusals) return false;
    return (this.find(this.table.accountOf(login))?.refusals ?? 0) > 0;
  }

  /** Milliseconds until a login of this account may be sent; 0 if it may be sent now. */
  msUntilFree(login: AccountLogin): number {
    if (!this.hasRefusals) return 0;
    const account = this.find(this.table.accountOf(login));
    return account?.isSpent ? account.endsAtMs - performance.now() : 0;
  }

  /**
   * Reserves a login. Logins in flight count as refused until they are answered.
   * @returns the reservation, whose outcome must be reported; `spent`: retry after `msUntilFree`; `busy`: call `reserveInTurn`
   */
  reserve(login: AccountCandidate): AccountTry | 'spent' | 'busy' {
    const account = this.account(this.table.accountOf(login));
    return account.reserve(login.password);
  }

  /**
   * Like `reserve`, but waits while the account is busy.
   * @param signal stops waiting, with the result `spent`
   */
  async reserveInTurn(login: AccountCandidate, signal: AbortSignal): Promise<AccountTry | 'spent'> {
    const account = this.account(this.table.accountOf(login));
    const reserved = account.reserve(login.password);
    if (reserved !== 'busy') return reserved;
    return signal.aborted ? 'spent' : account.wait(login.password, signal);
  }

  /**
   * Counts the login as refused in the table, unless its password is proven. Rejects when the table cannot be written.
   * @returns whether the login may be sent; if not, another process has spent the budget and the reservation is released
   */
  record(login: AccountTry): Promise<boolean> {
    return login.isProven ? Promise.resolve(true) : this.tries.load(login);
  }

  /** Resets the count of the account. */
  accepted(login: AccountTry): void {
    const account = this.end(login);
    if (!account) return;
    this.setRefusals(account, 0);
    if (!login.isProven) this.outcomes.note({ account: login.account, isCleared: true, tries: account.recorded });
    account.prove(login.password);
    this.serve(login.account, account);
  }

  /** The login was refused, or was sent and its outcome will never be known. */
  refused(login: AccountTry): void {
    const account = this.end(login);
    if (account) this.addRefusal(login.account, account, login.isRecorded);
  }

  /** The login was not sent, or the connection ended without an answer. It does not count. */
  returned(login: AccountTry): void {
    const account = this.end(login);
    if (!account) return;
    if (login.isRecorded) this.outcomes.note({ account: login.account, isCleared: false, tries: -1 });
    this.serve(login.account, account);
  }

  /** A login that was sent without being recorded, because the previous one was accepted, was refused. */
  refusedUnrecorded(login: AccountLogin): void {
    const id = this.table.accountOf(login);
    this.addRefusal(id, this.account(id), false);
  }

  /** Stores pending outcomes. Never rejects; what cannot be stored is kept for the next call. */
  flush(): Promise<void> {
    return this.outcomes.flush();
  }

  /** Connection tests may end after the sessions, whose end flushes too; the pool closes after this. */
  async beforeApplicationShutdown(): Promise<void> {
    await atMost(FINAL_FLUSH_MS, this.flush());
  }

  /** Drops accounts whose hour is over, in memory and in the table. Never rejects. */
  async cleanUp(): Promise<void> {
    for (const id of [...this.accounts.keys()]) this.find(id);
    const deleteOld = () => this.outage.watch(() => this.table.deleteOld());
    await this.outcomes.afterFlush(deleteOld).catch(() => undefined);
  }

  private find(id: string): Account | undefined {
    const account = this.accounts.get(id);
    if (!account || performance.now() < account.endsAtMs) return account;
    this.setRefusals(account, 0);
    this.forgetIfIdle(id, account);
    return this.accounts.get(id);
  }

  private account(id: string): Account {
    let account = this.find(id);
    if (!account) this.accounts.set(id, (account = new Account(id, this.digestOf)));
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

  private forgetIfIdle(id: string, account: Account): void {
    if (account.isIdle) this.accounts.delete(id);
  }

  private serve(id: string, account: Account): void {
    account.serve();
    this.forgetIfIdle(id, account);
  }

  private addRefusal(id: string, account: Account, isRecorded: boolean): void {
    account.disprove();
    this.setRefusals(account, account.refusals + 1);
    if (!isRecorded) this.outcomes.note({ account: id, isCleared: false, tries: 1 });
    this.serve(id, account);
  }

  /** @returns undefined if the outcome was already reported */
  private end(login: AccountTry): Account | undefined {
    const account = this.accounts.get(login.account);
    return account?.end(login) ? account : undefined;
  }

  private learn({ account: id, refusals, leftMs }: AccountRecord): void {
    const account = this.account(id);
    this.setRefusals(account, Math.max(account.refusals, refusals - account.recorded));
    account.endsAtMs = Math.min(account.endsAtMs, performance.now() + leftMs);
  }

  private async store(tries: readonly AccountTry[]): Promise<boolean[]> {
    const open = tries.filter(({ isOver }) => !isOver);
    const counts = new Map<string, number>();
    for (const each of open) {
      counts.set(each.account, (counts.get(each.account) ?? 0) + 1);
      this.setRecorded(each, true); // Set now, so that an account cleared meanwhile keeps this login.
    }
    try {
      const wanted = [...counts].map(([account, tries]) => ({ account, tries }));
      const recordAll = () => this.table.recordTries(wanted);
      const records = wanted.length > 0 ? await this.outage.watch(recordAll) : [];
      for (const record of records) this.refuseExcess(record, open);
    } catch (error) {
      for (const each of open) this.undoRecord(each);
      throw error;
    }
    return tries.map(({ isOver }) => !isOver);
  }

  /** The table counts more than this process knows: tests of another process. Logins of this batch beyond the budget are not sent. */
  private refuseExcess(record: AccountRecord, tries: readonly AccountTry[]): void {
    if (record.refusals <= ACCOUNT_BUDGET) return;
    const own = tries.filter(({ account }) => account === record.account);
    for (const each of own.slice(-(record.refusals - ACCOUNT_BUDGET))) this.returned(each);
    this.learn({ ...record, refusals: ACCOUNT_BUDGET + (this.accounts.get(record.account)?.recorded ?? 0) });
  }

  /** The statement that counts this login has failed. */
  private undoRecord(login: AccountTry): void {
    // One that was returned meanwhile was taken off a count that does not include it.
    if (login.isOver) this.outcomes.note({ account: login.account, isCleared: false, tries: 1 });
    else this.setRecorded(login, false);
  }

  private setRecorded(login: AccountTry, isRecorded: boolean): void {
    this.account(login.account).recorded += isRecorded ? 1 : -1;
    login.isRecorded = isRecorded;
  }
}
