import { silentLogger } from '../../test/unit-support/silent-logger';
import type {
  AccountLogin,
  AccountOutcome,
  AccountRecord,
  AccountTries,
  GatewayAccountsRepository,
} from './gateway-accounts.repository';
import { Secret } from '../crypto/secret';
import { ACCOUNT_BUDGET } from './account';
import type { AccountCandidate, AccountTry } from './account';
import { AccountBudget } from './account-budget';

type UsedOfTable = Pick<
  GatewayAccountsRepository,
  'accountOf' | 'findRefused' | 'recordTries' | 'recordOutcomes' | 'deleteOld'
>;

const HOUR_MS = 3_600_000;
const login: AccountCandidate = { url: 'ws://10.0.0.7', email: 'ops@example.org', password: Secret.of('right') };
const forever = () => new AbortController().signal;
const down = new Error('the database is down');

/** A fake table of accounts that keeps only the sums. */
class FakeTable implements UsedOfTable {
  readonly refusals = new Map<string, number>();
  statements = 0;
  isDown = false;
  /** Called while a statement is under way. */
  meanwhile = (): void => undefined;

  accountOf({ url, email }: AccountLogin): string {
    return `${url} ${email}`;
  }

  findRefused(): Promise<AccountRecord[]> {
    return this.answer(() => [...this.refusals].map(([account, refusals]) => ({ account, refusals, leftMs: 60_000 })));
  }

  recordTries(tries: readonly AccountTries[]): Promise<AccountRecord[]> {
    return this.answer(() =>
      tries.map(({ account, tries }) => {
        const refusals = (this.refusals.get(account) ?? 0) + tries;
        this.refusals.set(account, refusals);
        return { account, refusals, leftMs: HOUR_MS };
      }),
    );
  }

  recordOutcomes(outcomes: readonly AccountOutcome[]): Promise<void> {
    return this.answer(() => {
      for (const { account, isCleared, tries } of outcomes) {
        this.refusals.set(account, (isCleared ? 0 : (this.refusals.get(account) ?? 0)) + tries);
      }
    });
  }

  deleteOld(): Promise<void> {
    return this.answer(() => this.refusals.clear());
  }

  private async answer<Answer>(give: () => Answer): Promise<Answer> {
    this.statements += 1;
    await Promise.resolve();
    this.meanwhile();
    if (this.isDown) throw down;
    return give();
  }
}

function aBudget() {
  const table = new FakeTable();
  const repository = table as UsedOfTable as GatewayAccountsRepository;
  const logger = silentLogger();
  const warn = jest.spyOn(logger, 'warn').mockImplementation();
  const budget = new AccountBudget(repository, logger);
  const inTable = () => table.refusals.get(table.accountOf(login)) ?? 0;
  const take = (): AccountTry => {
    const reserved = budget.reserve(login);
    if (typeof reserved === 'string') throw new Error(reserved);
    return reserved;
  };
  const record = async (each: AccountTry): Promise<boolean> => {
    const recorded = budget.record(each);
    await jest.advanceTimersByTimeAsync(10);
    return recorded;
  };
  const refuse = async (times: number): Promise<void> => {
    const tries = Array.from({ length: times }, take);
    await Promise.all(tries.map(record));
    tries.forEach((each) => budget.refused(each));
    await budget.flush();
  };
  return { budget, table, warn, inTable, take, record, refuse };
}

describe('SEC-16: AccountBudget', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  it('counts a refusal after the hour is over', async () => {
    const { budget, refuse } = aBudget();
    await refuse(1);
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    budget.refusedUnrecorded(login);
    expect([budget.hasRefusals, budget.isSuspect(login)]).toEqual([true, true]);
  });

  it('subtracts nothing in the table for a login that was returned while its recording failed', async () => {
    const { budget, table, inTable, take, refuse } = aBudget();
    await refuse(3);
    const returned = take();
    table.meanwhile = () => {
      table.meanwhile = () => undefined;
      budget.returned(returned);
      table.isDown = true;
    };
    const recorded = expect(budget.record(returned)).rejects.toBe(down);
    await jest.advanceTimersByTimeAsync(10);
    await recorded;
    table.isDown = false;
    await budget.flush();
    expect(inTable()).toBe(3);
  });

  it('is spent by ten refusals until the hour is over, and records those of one moment in one statement', async () => {
    const { budget, table, refuse, inTable } = aBudget();
    await refuse(ACCOUNT_BUDGET);
    expect([table.statements, inTable()]).toEqual([1, 10]);
    expect(budget.reserve(login)).toBe('spent');
    expect(budget.msUntilFree(login)).toBe(HOUR_MS);
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    expect([budget.msUntilFree(login), budget.hasRefusals, budget.isSuspect(login)]).toEqual([0, false, false]);
    expect(budget.reserve(login)).toMatchObject({ isOver: false });
  });

  it('counts logins in flight as refused, and makes others wait for them', async () => {
    const { budget, take } = aBudget();
    const tries = Array.from({ length: ACCOUNT_BUDGET }, take);
    expect(budget.reserve(login)).toBe('busy');
    const waiting = budget.reserveInTurn(login, forever());
    tries.slice(1).forEach((each) => budget.refused(each));
    expect(budget.reserve(login)).toBe('busy');
    tries.slice(0, 1).forEach((each) => budget.returned(each));
    expect(await waiting).toMatchObject({ isOver: false });
  });

  it('stops waiting when the signal aborts', async () => {
    const { budget, take } = aBudget();
    Array.from({ length: ACCOUNT_BUDGET }, take);
    const given = new AbortController();
    const waiting = budget.reserveInTurn(login, given.signal);
    given.abort();
    expect(await waiting).toBe('spent');
    expect(await budget.reserveInTurn(login, given.signal)).toBe('spent');
  });

  it('releases all waiting logins with the accepted password at once, unrecorded, and the others in turn', async () => {
    const { budget, table, take } = aBudget();
    const first = take();
    Array.from({ length: ACCOUNT_BUDGET - 1 }, take);
    const guess = { ...login, password: Secret.of('guess') };
    const guesses = Array.from({ length: 20 }, () => budget.reserveInTurn(guess, forever()));
    const same = Array.from({ length: 100 }, () => budget.reserveInTurn(login, forever()));
    budget.accepted(first);
    const reserved = (await Promise.all(same)) as AccountTry[];
    expect(reserved.every(({ isProven }) => isProven)).toBe(true);
    expect(await Promise.all(reserved.map((each) => budget.record(each)))).toEqual(Array(100).fill(true));
    expect(table.statements).toBe(0);
    expect(await guesses[0]).toMatchObject({ isProven: false });
    expect(budget.reserve(guess)).toBe('busy');

    reserved.slice(0, 1).forEach((each) => budget.refused(each));
    expect(budget.reserve(login)).toBe('busy'); // The password may have been changed at the gateway.
    reserved.slice(1, ACCOUNT_BUDGET).forEach((each) => budget.refused(each));
    expect(await Promise.all(guesses.slice(1))).toEqual(Array(19).fill('spent'));
  });

  it('delays outcomes that raise no count, and stores many in one statement', async () => {
    const { budget, table, take, record } = aBudget();
    const first = take();
    const others = Array.from({ length: 4 }, take);
    await Promise.all([first, ...others].map(record));
    others.forEach((each) => budget.returned(each));
    budget.accepted(first);
    expect(table.statements).toBe(1);
    await jest.advanceTimersByTimeAsync(100);
    expect(table.statements).toBe(2);
  });

  it('counts each outcome once', async () => {
    const { budget, take, record, inTable } = aBudget();
    const each = take();
    await record(each);
    budget.refused(each);
    budget.refused(each);
    budget.returned(each);
    budget.accepted(each);
    await budget.flush();
    expect(inTable()).toBe(1);
  });

  it('is reset by an accepted login, except for logins still in flight', async () => {
    const { budget, take, record, refuse, inTable } = aBudget();
    await refuse(5);
    const [one, other] = [take(), take()];
    await Promise.all([record(one), record(other)]);
    budget.accepted(one);
    await budget.flush();
    expect([inTable(), budget.hasRefusals]).toEqual([1, false]);
    budget.returned(other);
    await budget.flush();
    expect(inTable()).toBe(0);
  });

  it('continues after a restart, for as long as the table says', async () => {
    const { budget, table } = aBudget();
    table.refusals.set(table.accountOf(login), 10);
    await budget.load();
    expect(budget.reserve(login)).toBe('spent');
    expect(budget.msUntilFree(login)).toBe(60_000);
  });

  it('does not take its own logins in flight for refusals when it reads the table again', async () => {
    const { budget, take, record, inTable } = aBudget();
    await record(take());
    await budget.load();
    expect([inTable(), budget.hasRefusals, budget.isSuspect(login)]).toEqual([1, false, false]);
  });

  it('follows the table, since another process may have spent the budget', async () => {
    const { budget, table, take, record, inTable } = aBudget();
    table.refusals.set(table.accountOf(login), 10);
    expect(await record(take())).toBe(false);
    expect(budget.reserve(login)).toBe('spent');
    await budget.flush();
    expect(inTable()).toBe(10);
  });

  it('keeps what cannot be stored, and counts in memory meanwhile', async () => {
    const { budget, table, take, record, inTable } = aBudget();
    table.isDown = true;
    const each = take();
    const rejected = expect(budget.record(each)).rejects.toThrow(down);
    await jest.advanceTimersByTimeAsync(10);
    await rejected;
    budget.refused(each);
    await budget.flush();
    expect([inTable(), budget.isSuspect(login)]).toEqual([0, true]);
    table.isDown = false;
    await budget.flush();
    expect(inTable()).toBe(1);
    expect(await record(take())).toBe(true);
    expect(inTable()).toBe(2);
  });

  it('records the refusal of a login that was accepted before, and runs no statement before that', async () => {
    const { budget, table, inTable } = aBudget();
    expect(budget.isSuspect(login)).toBe(false);
    budget.refusedUnrecorded(login);
    await budget.flush();
    expect([budget.isSuspect(login), inTable(), table.statements]).toEqual([true, 1, 1]);
  });

  it('does not even look for the account of a login while none has refusals', async () => {
    const { budget, table, refuse } = aBudget();
    const accountOf = jest.spyOn(table, 'accountOf');
    expect([budget.isSuspect(login), budget.msUntilFree(login)]).toEqual([false, 0]);
    expect(accountOf).not.toHaveBeenCalled();
    await refuse(ACCOUNT_BUDGET);
    expect([budget.isSuspect(login), budget.msUntilFree(login)]).toEqual([true, HOUR_MS]);
  });

  it('applies only to the account that was refused', async () => {
    const { budget, refuse } = aBudget();
    await refuse(ACCOUNT_BUDGET);
    const other = { ...login, email: 'other@example.org' };
    expect([budget.isSuspect(login), budget.isSuspect(other)]).toEqual([true, false]);
    expect([budget.msUntilFree(other), budget.reserve(other)]).toEqual([0, expect.objectContaining({ isOver: false })]);
  });

  it('allows a login at once while any are left, however many were refused', async () => {
    const { budget, refuse } = aBudget();
    await refuse(ACCOUNT_BUDGET - 1);
    expect([budget.hasRefusals, budget.msUntilFree(login)]).toEqual([true, 0]);
    expect(budget.reserve(login)).toMatchObject({ isOver: false });
  });

  it('counts the hour from the first refusal, also when that was in an earlier process', async () => {
    const { budget, table, take } = aBudget();
    table.refusals.set(table.accountOf(login), 3);
    await budget.load();
    await jest.advanceTimersByTimeAsync(59_999);
    budget.refused(take());
    expect(budget.isSuspect(login)).toBe(true);
    await jest.advanceTimersByTimeAsync(1);
    expect([budget.isSuspect(login), budget.hasRefusals]).toEqual([false, false]);
  });

  it('allows as many logins as the table says are left, when another process uses the budget too', async () => {
    const { budget, table, take, inTable } = aBudget();
    table.refusals.set(table.accountOf(login), ACCOUNT_BUDGET - 2);
    const other = budget.reserve({ ...login, email: 'other@example.org' }) as AccountTry;
    const recorded = Promise.all([take(), take(), take(), other].map((each) => budget.record(each)));
    await jest.advanceTimersByTimeAsync(10);
    expect(await recorded).toEqual([true, true, false, true]);
    expect(budget.reserve(login)).toBe('spent');
    await budget.flush();
    expect(inTable()).toBe(ACCOUNT_BUDGET);
  });

  it('reports how much of the hour is left', async () => {
    const { budget, refuse } = aBudget();
    await refuse(ACCOUNT_BUDGET);
    const leftMs = budget.msUntilFree(login);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(budget.msUntilFree(login)).toBeCloseTo(leftMs - 600_000, 3);
  });

  it('reserves at once, without waiting, while it is neither spent nor busy', async () => {
    expect(await aBudget().budget.reserveInTurn(login, forever())).toMatchObject({ isOver: false });
  });

  it('has refusals after a refused login, and none after an accepted one', () => {
    const { budget, take } = aBudget();
    budget.accepted(take());
    expect(budget.hasRefusals).toBe(false);
    budget.refused(take());
    expect(budget.hasRefusals).toBe(true);
    budget.accepted(take());
    expect(budget.hasRefusals).toBe(false);
  });

  it('runs no statement for outcomes that the table need not store', async () => {
    const { budget, table, take } = aBudget();
    const unsent = take();
    budget.returned(unsent);
    budget.returned(unsent);
    await budget.flush();
    expect(table.statements).toBe(0);

    const first = take();
    Array.from({ length: ACCOUNT_BUDGET - 1 }, take);
    const waiting = [0, 1].map(() => budget.reserveInTurn(login, forever()));
    budget.accepted(first);
    const [proven] = (await Promise.all(waiting)) as AccountTry[];
    await budget.flush();
    expect(table.statements).toBe(1);
    if (proven) budget.accepted(proven);
    await budget.flush();
    expect(table.statements).toBe(1);
  });

  it('adds refusals of logins that were sent unrecorded', async () => {
    const { budget, inTable } = aBudget();
    for (let i = 0; i < 2; i += 1) {
      budget.refusedUnrecorded(login);
      await budget.flush();
    }
    expect(inTable()).toBe(2);
  });

  it('counts no login in the table that could not be recorded, whether or not it has ended meanwhile', async () => {
    const { budget, table, take, record, inTable } = aBudget();
    const [over, open] = [take(), take()];
    table.isDown = true;
    table.meanwhile = () => budget.returned(over);
    const rejected = [over, open].map((each) => expect(budget.record(each)).rejects.toThrow(down));
    await jest.advanceTimersByTimeAsync(10);
    await Promise.all(rejected);

    table.isDown = false;
    await record(open);
    budget.accepted(take());
    await budget.flush();
    expect(inTable()).toBe(1); // The one that is open.
  });

  it('does not allow a login to be sent a second time, once its outcome was reported', async () => {
    const { budget, take, record, inTable } = aBudget();
    const each = take();
    expect(await record(each)).toBe(true);
    budget.refused(each);
    expect([await record(each), inTable()]).toEqual([false, 1]);
  });

  it('records the logins of no more than a thousand accounts in one statement', async () => {
    const { budget, table } = aBudget();
    const recorded = Array.from({ length: 1001 }, (_, number) => {
      const reserved = budget.reserve({ ...login, email: `${number}@example.org` });
      if (typeof reserved === 'string') throw new Error(reserved);
      return budget.record(reserved);
    });
    await jest.advanceTimersByTimeAsync(10);
    expect(await Promise.all(recorded)).toEqual(Array(1001).fill(true));
    expect(table.statements).toBe(2);
  });

  it('records nothing for a login that is over already', async () => {
    const { budget, table, take } = aBudget();
    const each = take();
    const recorded = budget.record(each);
    budget.returned(each);
    await jest.advanceTimersByTimeAsync(10);
    expect([await recorded, table.statements, budget.hasRefusals]).toEqual([false, 0, false]);
  });

  it('forgets what is over an hour old, in memory and in the table', async () => {
    const { budget, inTable, refuse } = aBudget();
    await refuse(3);
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    await budget.cleanUp();
    expect([budget.hasRefusals, inTable()]).toEqual([false, 0]);
  });

  it('warns once per outage of the table', async () => {
    const { budget, table, warn, take, record } = aBudget();
    table.isDown = true;
    await budget.cleanUp();
    await budget.cleanUp();
    expect(warn.mock.calls).toEqual([[{ err: down }, 'refused logins of accounts cannot be stored, keeping them']]);

    table.isDown = false;
    await record(take());
    table.isDown = true;
    const rejected = expect(budget.record(take())).rejects.toThrow(down);
    await jest.advanceTimersByTimeAsync(10);
    await rejected;
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('also warns when outcomes cannot be stored', async () => {
    const { budget, table, warn } = aBudget();
    for (let time = 1; time <= 2; time += 1) {
      table.isDown = true;
      budget.refusedUnrecorded(login);
      await budget.flush();
      expect(warn).toHaveBeenCalledTimes(time);
      table.isDown = false;
      await budget.flush();
    }
  });
});
