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
    return this.answer(() => undefined);
  }

  private async answer<Answer>(give: () => Answer): Promise<Answer> {
    this.statements += 1;
    await Promise.resolve();
    if (this.isDown) throw down;
    return give();
  }
}

function aBudget() {
  const table = new FakeTable();
  const repository = table as UsedOfTable as GatewayAccountsRepository;
  const budget = new AccountBudget(repository, silentLogger());
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
  return { budget, table, inTable, take, record, refuse };
}

describe('SEC-16: AccountBudget', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  it('is spent by ten refusals until the hour is over, and costs one statement for all of a moment', async () => {
    const { budget, table, refuse, inTable } = aBudget();
    await refuse(ACCOUNT_BUDGET);
    expect([table.statements, inTable()]).toEqual([1, 10]);
    expect(budget.reserve(login)).toBe('spent');
    expect(budget.msUntilFree(login)).toBe(HOUR_MS);
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    expect([budget.msUntilFree(login), budget.hasRefusals, budget.isSuspect(login)]).toEqual([0, false, false]);
    expect(budget.reserve(login)).toMatchObject({ isOver: false });
  });

  it('counts those under way as if they were refused, and lets others wait for them', async () => {
    const { budget, take } = aBudget();
    const tries = Array.from({ length: ACCOUNT_BUDGET }, take);
    expect(budget.reserve(login)).toBe('busy');
    const waiting = budget.reserveInTurn(login, forever());
    tries.slice(1).forEach((each) => budget.refused(each));
    expect(budget.reserve(login)).toBe('busy');
    tries.slice(0, 1).forEach((each) => budget.returned(each));
    expect(await waiting).toMatchObject({ isOver: false });
  });

  it('gives up the waiting when it is told to', async () => {
    const { budget, take } = aBudget();
    Array.from({ length: ACCOUNT_BUDGET }, take);
    const given = new AbortController();
    const waiting = budget.reserveInTurn(login, given.signal);
    given.abort();
    expect(await waiting).toBe('spent');
    expect(await budget.reserveInTurn(login, given.signal)).toBe('spent');
  });

  it('lets all that wait with the password that was accepted go at once, unrecorded, and the others in turn', async () => {
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

  it('stores what raises no count a moment later, many in one statement', async () => {
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

  it('begins anew with a login that is accepted, but for those that are still under way', async () => {
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

  it('goes on where a service ended, for as long as the table says', async () => {
    const { budget, table } = aBudget();
    table.refusals.set(table.accountOf(login), 10);
    await budget.load();
    expect(budget.reserve(login)).toBe('spent');
    expect(budget.msUntilFree(login)).toBe(60_000);
  });

  it('gives the last word to the table: another process may have spent it', async () => {
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

  it('hears of the refusal of a login that was accepted before, and asks nothing before that', async () => {
    const { budget, table, inTable } = aBudget();
    expect(budget.isSuspect(login)).toBe(false);
    budget.refusedUnrecorded(login);
    await budget.flush();
    expect([budget.isSuspect(login), inTable(), table.statements]).toEqual([true, 1, 1]);
  });
});
