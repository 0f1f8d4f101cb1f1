import { getEventListeners } from 'node:events';
import { Secret } from '../crypto/secret';
import { Account, ACCOUNT_BUDGET } from './account';
import type { AccountTry } from './account';

const [right, guess] = [Secret.of('right'), Secret.of('guess')];
const forever = () => new AbortController().signal;

const reveal = (password: Secret): string => password.reveal();

const anAccount = (refusals = 0, digestOf = reveal): Account => {
  const account = new Account('ops', digestOf);
  account.refusals = refusals;
  return account;
};

function taken(account: Account, password = right): AccountTry {
  const reserved = account.reserve(password);
  if (typeof reserved === 'string') throw new Error(reserved);
  return reserved;
}

/** Takes what is left of the budget. */
const takeAll = (account: Account): AccountTry[] =>
  Array.from({ length: ACCOUNT_BUDGET - account.refusals }, () => taken(account));

/** What became of each login that waited, in the order in which they were settled. */
function waitingFor(account: Account, ...passwords: Secret[]) {
  const settled: [index: number, isProven: boolean | 'spent'][] = [];
  passwords.forEach((password, index) => {
    void account.wait(password, forever()).then((reserved) => {
      settled.push([index, reserved === 'spent' ? reserved : reserved.isProven]);
    });
  });
  return async () => {
    await Promise.resolve();
    return settled;
  };
}

describe('Account', () => {
  it('reserves a login that must be recorded and whose outcome is open', () => {
    expect(anAccount().reserve(right)).toEqual({
      account: 'ops',
      password: right,
      isProven: false,
      isRecorded: false,
      isOver: false,
    });
  });

  it.each([0, 1, 9])(
    'is not spent by %d refusals, and busy when as many logins are in flight as are left',
    (refusals) => {
      const account = anAccount(refusals);
      expect(account.isSpent).toBe(false);
      takeAll(account);
      expect(account.reserve(right)).toBe('busy');
    },
  );

  it.each([10, 11])('is spent by %d refusals', (refusals) => {
    expect([anAccount(refusals).isSpent, anAccount(refusals).reserve(right)]).toEqual([true, 'spent']);
  });

  it('ends a login once, and gives its place to another', () => {
    const account = anAccount();
    const [first] = takeAll(account) as [AccountTry];
    first.isRecorded = true;
    account.recorded = 1;
    expect([account.end(first), account.recorded, first.isOver]).toEqual([true, 0, true]);
    expect([account.end(first), account.recorded]).toEqual([false, 0]);
    expect(account.reserve(right)).toMatchObject({ isOver: false });
    expect(account.reserve(right)).toBe('busy');
  });

  it('does not count down the recorded logins for one that was not recorded', () => {
    const account = anAccount();
    account.recorded = 1;
    account.end(taken(account));
    expect(account.recorded).toBe(1);
  });

  it('is idle only without refusals, logins in flight and logins that wait', async () => {
    const account = anAccount();
    expect(account.isIdle).toBe(true);
    expect(anAccount(1).isIdle).toBe(false);

    const tries = takeAll(account);
    expect(account.isIdle).toBe(false);
    const leaving = new AbortController();
    const waiting = account.wait(right, leaving.signal);
    tries.forEach((each) => account.end(each));
    expect(account.isIdle).toBe(false);
    leaving.abort();
    expect([await waiting, account.isIdle]).toEqual(['spent', true]);
  });

  describe('while logins wait', () => {
    it('gives free places to them in order of arrival, and none to a later login', async () => {
      const account = anAccount();
      const [first, second] = takeAll(account) as [AccountTry, AccountTry];
      const settled = waitingFor(account, right, guess, right);
      account.end(first);
      expect(account.reserve(right)).toBe('busy'); // The place is meant for the first one that waits.
      account.serve();
      expect(await settled()).toEqual([[0, false]]);
      account.end(second);
      account.serve();
      expect(await settled()).toEqual([
        [0, false],
        [1, false],
      ]);
    });

    it('notifies all of them when it is spent', async () => {
      const account = anAccount(9);
      const [last] = takeAll(account) as [AccountTry];
      const settled = waitingFor(account, right, guess);
      account.end(last);
      account.refusals = 10;
      account.serve();
      expect(await settled()).toEqual([
        [0, 'spent'],
        [1, 'spent'],
      ]);
    });

    it('releases those with the accepted password at once, whatever is in flight, and is not idle until they end', async () => {
      const account = anAccount();
      const tries = takeAll(account);
      const settled = waitingFor(account, guess, right, right);
      account.prove(right);
      expect(await settled()).toEqual([
        [1, true],
        [2, true],
      ]);

      const proven = taken(account);
      expect(proven.isProven).toBe(true);
      expect(account.reserve(guess)).toBe('busy');
      account.end(proven);
      tries.forEach((each) => account.end(each));
      account.serve();
      expect(account.isIdle).toBe(false); // Two proven logins are in flight still.
    });

    it('is not idle while only a proven login is in flight', async () => {
      const account = anAccount();
      const tries = takeAll(account);
      const waiting = account.wait(right, forever());
      account.prove(right);
      const proven = (await waiting) as AccountTry;
      tries.forEach((each) => account.end(each));
      account.serve();
      expect(account.isIdle).toBe(false);
      account.end(proven);
      expect(account.isIdle).toBe(true);
    });

    it('trusts the accepted password for as long as others wait', () => {
      const account = anAccount();
      takeAll(account);
      waitingFor(account, guess);
      account.prove(right);
      account.serve();
      expect(taken(account).isProven).toBe(true);
    });

    it('keeps the password that was accepted first', async () => {
      const account = anAccount();
      takeAll(account);
      const settled = waitingFor(account, guess);
      account.prove(right);
      account.prove(guess);
      expect(await settled()).toEqual([]);
    });

    it('trusts no password after a login was refused', () => {
      const account = anAccount();
      takeAll(account);
      waitingFor(account, guess);
      account.prove(right);
      account.disprove();
      expect(account.reserve(right)).toBe('busy');
    });

    it('decrypts one password, not those of a whole fleet, when the first still has to wait', () => {
      const digestOf = jest.fn(reveal);
      const account = anAccount(0, digestOf);
      takeAll(account);
      waitingFor(account, guess, guess, guess);
      account.prove(right);
      digestOf.mockClear();
      account.serve();
      expect(digestOf.mock.calls).toEqual([[guess]]);
    });

    it('leaves no listener on a signal, aborted or not', async () => {
      const account = anAccount();
      const [first] = takeAll(account) as [AccountTry];
      const [staying, leaving] = [new AbortController(), new AbortController()];
      const waiting = [account.wait(right, leaving.signal), account.wait(right, staying.signal)];
      leaving.abort();
      account.end(first);
      account.serve();
      expect(await Promise.all(waiting)).toEqual(['spent', expect.objectContaining({ isProven: false })]);
      expect([staying, leaving].flatMap(({ signal }) => getEventListeners(signal, 'abort'))).toEqual([]);
    });
  });

  describe('when no login waits', () => {
    it('trusts no password: one that was accepted a while ago may have been changed', () => {
      const account = anAccount();
      account.prove(right);
      expect(taken(account).isProven).toBe(false);
    });

    it('decrypts no password of a login that is sent or has to wait', () => {
      const digestOf = jest.fn(reveal);
      const account = anAccount(0, digestOf);
      takeAll(account);
      expect(account.reserve(right)).toBe('busy');
      expect(digestOf).not.toHaveBeenCalled();
    });

    it('forgets the accepted password with the last login that was sent with it', async () => {
      const account = anAccount();
      const [first] = takeAll(account) as [AccountTry];
      const waiting = account.wait(right, forever());
      account.prove(right);
      const proven = (await waiting) as AccountTry;
      account.serve();
      const later = taken(account);
      expect(later.isProven).toBe(true);

      for (const each of [first, proven]) account.end(each);
      account.serve();
      const last = taken(account);
      expect(last.isProven).toBe(true); // The one before is in flight still.

      for (const each of [later, last]) account.end(each);
      account.serve();
      expect(taken(account).isProven).toBe(false);
    });
  });
});
