/** @jest-environment node */
import { aDatabaseProbe } from '../../test/unit-support/database-probe';
import { Gate } from '../../test/unit-support/gate';
import { silentLogger } from '../../test/unit-support/silent-logger';
import { SYSTEM } from '../common/actor';
import type { GatewayLoginsRepository, LoginOutcome, LoginTry, TryVerdict } from './gateway-logins.repository';
import { LoginBudget } from './login-budget';

type UsedOfTable = Pick<GatewayLoginsRepository, 'recordTries' | 'recordOutcomes' | 'grant' | 'deleteOutdated'>;

const down = new Error('the database is down');
const next = 300_000;

/** A fake table that logs its calls. It fails while `isDown` is set, and does not write rows in `busy`. */
class FakeGateways implements UsedOfTable {
  readonly tries: LoginTry[][] = [];
  readonly outcomes: LoginOutcome[][] = [];
  readonly busy = new Set<string>();
  /** The kinds of statements, in the order in which they reached the table. */
  readonly order: string[] = [];
  verdict: TryVerdict = 'granted';
  isDown = false;
  readonly gate = new Gate();

  async recordTries(tries: readonly LoginTry[]): Promise<TryVerdict[]> {
    this.tries.push([...tries]);
    await this.answer('tries');
    return tries.map(({ gatewayId }) => (this.busy.has(gatewayId) ? 'busy' : this.verdict));
  }

  async recordOutcomes(outcomes: readonly LoginOutcome[]): Promise<string[]> {
    this.outcomes.push([...outcomes]);
    await this.answer('outcomes');
    return outcomes.map(({ gatewayId }) => gatewayId).filter((id) => !this.busy.has(id));
  }

  grant(): Promise<void> {
    return this.answer('grant');
  }

  deleteOutdated(): Promise<void> {
    return this.answer('clean-up');
  }

  private async answer(what: string): Promise<void> {
    await this.gate.pass();
    if (this.isDown) throw down;
    this.order.push(what);
  }
}

function aBudget() {
  const gateways = new FakeGateways();
  const logger = silentLogger();
  const warn = jest.spyOn(logger, 'warn').mockImplementation();
  const table = gateways as UsedOfTable as GatewayLoginsRepository;
  const database = aDatabaseProbe(() => !gateways.isDown);
  const budget = new LoginBudget(table, database, logger);
  const leaving = new AbortController();
  const take = (login: LoginTry) => budget.take(login, leaving.signal);
  return { budget, gateways, warn, leaving, take };
}

const aTry = (gatewayId = 'one', connectionVersion = 1): LoginTry => ({ gatewayId, connectionVersion });
const settle = () => jest.advanceTimersByTimeAsync(10);

describe('LoginBudget', () => {
  // Tries are also gathered with `process.nextTick`, which must not be faked.
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }));
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  describe('a try', () => {
    it('is recorded together with all others of its moment', async () => {
      const { gateways, take } = aBudget();
      const taken = Promise.all(['one', 'two', 'three'].map((id) => take(aTry(id))));
      await settle();
      expect(await taken).toEqual(['granted', 'granted', 'granted']);
      expect(gateways.tries).toEqual([[aTry('one'), aTry('two'), aTry('three')]]);
    });

    it('shares a statement with no more than 999 others', async () => {
      const { gateways, take } = aBudget();
      const taken = Promise.all(Array.from({ length: 1001 }, (_, i) => take(aTry(`${i}`))));
      await settle();
      await taken;
      expect(gateways.tries.map(({ length }) => length)).toEqual([1000, 1]);
    });

    it.each(['spent', 'outdated'] as const)('is refused as the table says: %s', async (verdict) => {
      const { gateways, take } = aBudget();
      gateways.verdict = verdict;
      const taken = take(aTry());
      await settle();
      expect(await taken).toBe(verdict);
    });

    it('waits for a row that is in use, without delaying others', async () => {
      const { gateways, take } = aBudget();
      gateways.busy.add('one');
      const verdicts: string[] = [];
      void take(aTry('one')).then(() => verdicts.push('one'));
      void take(aTry('two')).then(() => verdicts.push('two'));
      await jest.advanceTimersByTimeAsync(500);
      expect(verdicts).toEqual(['two']);

      gateways.busy.clear();
      await jest.advanceTimersByTimeAsync(100);
      expect(verdicts).toEqual(['two', 'one']);
    });

    it('stops waiting for a row in use when it is given up, and is not granted', async () => {
      const { gateways, take, leaving } = aBudget();
      gateways.busy.add('one');
      const taken = take(aTry());
      await settle();
      leaving.abort();
      await jest.advanceTimersByTimeAsync(100);
      expect(await taken).toBe('outdated');
    });

    it('takes turns with another of the same gateway', async () => {
      const { gateways, take } = aBudget();
      const taken = Promise.all([take(aTry()), take(aTry())]);
      await jest.advanceTimersByTimeAsync(100);
      expect(await taken).toEqual(['granted', 'granted']);
      expect(gateways.tries).toEqual([[aTry()], [aTry()]]);
    });

    it('fails while the table cannot be written, without affecting later ones', async () => {
      const { gateways, take, warn } = aBudget();
      gateways.isDown = true;
      const failed = expect(take(aTry())).rejects.toBe(down);
      await settle();
      await failed;
      expect(warn).toHaveBeenCalledTimes(1);

      gateways.isDown = false;
      const taken = take(aTry());
      await settle();
      expect(await taken).toBe('granted');
    });
  });

  describe('the outcome of a try', () => {
    it('is stored together with all others of its moment', async () => {
      const { budget, gateways } = aBudget();
      budget.accepted(aTry('one'));
      budget.refused(aTry('two'), true, next);
      budget.refused(aTry('three'), false, next);
      budget.returned(aTry('four'));
      await budget.flush();
      expect(gateways.outcomes).toEqual([
        [
          { ...aTry('one'), isAccepted: true, refusals: 0, nextLoginAt: null },
          { ...aTry('two'), isAccepted: false, refusals: 0, nextLoginAt: next },
          { ...aTry('three'), isAccepted: false, refusals: 1, nextLoginAt: next },
          { ...aTry('four'), isAccepted: false, refusals: -1, nextLoginAt: null },
        ],
      ]);
    });

    it('is stored before the next try of that gateway is recorded', async () => {
      const { budget, gateways, take } = aBudget();
      const release = gateways.gate.hold();
      budget.refused(aTry(), true, next);
      const taken = take(aTry());
      await settle();
      expect(gateways.tries).toEqual([]);
      release();
      await settle();
      await taken;
      expect(gateways.order).toEqual(['outcomes', 'tries']);
    });

    it('makes the next try wait while the row is in use', async () => {
      const { budget, gateways, take } = aBudget();
      gateways.busy.add('one');
      budget.refused(aTry(), true, next);
      const taken = take(aTry());
      await jest.advanceTimersByTimeAsync(500);
      expect(gateways.tries).toEqual([]);
      gateways.busy.clear();
      await jest.advanceTimersByTimeAsync(100);
      expect(await taken).toBe('granted');
    });

    it('makes the next try fail while it cannot be stored', async () => {
      const { budget, gateways, take } = aBudget();
      gateways.isDown = true;
      budget.refused(aTry(), true, next);
      await expect(take(aTry())).rejects.toThrow('cannot be stored');
      expect(gateways.tries).toEqual([]);
    });

    it.each<[string, (table: FakeGateways) => void, (table: FakeGateways) => void]>([
      ['while the database is away', (table) => (table.isDown = true), (table) => (table.isDown = false)],
      ['while its row is in use', (table) => table.busy.add('one'), (table) => table.busy.clear()],
    ])('is kept %s, and stored by a later flush', async (_, hinder, relieve) => {
      const { budget, gateways } = aBudget();
      hinder(gateways);
      budget.accepted(aTry('one'));
      await budget.flush();
      relieve(gateways);
      await budget.flush();
      expect(gateways.outcomes).toHaveLength(2);
      expect(gateways.outcomes[1]).toEqual(gateways.outcomes[0]);
      await budget.flush();
      expect(gateways.outcomes).toHaveLength(2);
    });

    it('is stored even if it arrives at the very end of a statement', async () => {
      const { budget, gateways } = aBudget();
      for (let moments = 0; moments < 20; moments += 1) {
        gateways.outcomes.length = 0;
        budget.accepted(aTry('one'));
        for (let i = 0; i < moments; i += 1) await Promise.resolve();
        budget.accepted(aTry('two'));
        await settle();
        expect(gateways.outcomes.flat().map(({ gatewayId }) => gatewayId)).toEqual(['one', 'two']);
      }
    });

    it('is stored in several statements when there is more than one can hold', async () => {
      const { budget, gateways } = aBudget();
      for (let i = 0; i < 2500; i += 1) budget.accepted(aTry(`${i}`));
      await budget.flush();
      expect(gateways.outcomes.map(({ length }) => length)).toEqual([1000, 1000, 500]);
    });

    it('causes one warning while the database is down', async () => {
      const { budget, gateways, warn } = aBudget();
      gateways.isDown = true;
      for (let i = 0; i < 5; i += 1) {
        budget.accepted(aTry());
        await budget.flush();
      }
      expect(warn).toHaveBeenCalledTimes(1);
    });
  });

  describe('two outcomes of one gateway that wait to be stored', () => {
    const { refused, returned, accepted } = {
      accepted: (budget: LoginBudget) => budget.accepted(aTry()),
      refused: (budget: LoginBudget) => budget.refused(aTry(), false, next),
      returned: (budget: LoginBudget) => budget.returned(aTry()),
    };
    it.each([
      ['an acceptance ends what was before', [refused, accepted], { isAccepted: true, refusals: 0, nextLoginAt: null }],
      [
        'a refusal after an acceptance counts',
        [accepted, refused],
        { isAccepted: true, refusals: 1, nextLoginAt: next },
      ],
      ['and stays counted', [accepted, refused, returned], { isAccepted: true, refusals: 0, nextLoginAt: next }],
      ['two refusals are two', [refused, refused], { isAccepted: false, refusals: 2, nextLoginAt: next }],
      ['what is taken back is taken off', [refused, returned], { isAccepted: false, refusals: 0, nextLoginAt: next }],
    ])('are stored as one: %s', async (_, acts, expected) => {
      const { budget, gateways } = aBudget();
      acts.forEach((act) => act(budget));
      await budget.flush();
      expect(gateways.outcomes).toEqual([[{ ...aTry(), ...expected }]]);
    });

    it.each([
      ['later', [1, 2]],
      ['earlier', [2, 1]],
    ])('are reduced to that of the newer login when that of the older one comes %s', async (_, versions) => {
      const { budget, gateways } = aBudget();
      for (const version of versions) budget.refused(aTry('one', version), false, next);
      await budget.flush();
      expect(gateways.outcomes).toEqual([[{ ...aTry('one', 2), isAccepted: false, refusals: 1, nextLoginAt: next }]]);
    });

    it('are stored as one even if the first could not be stored', async () => {
      const { budget, gateways } = aBudget();
      gateways.isDown = true;
      const release = gateways.gate.hold();
      accepted(budget);
      await settle();
      refused(budget);
      release();
      await budget.flush();
      gateways.isDown = false;
      await budget.flush();
      expect(gateways.outcomes.at(-1)).toEqual([{ ...aTry(), isAccepted: true, refusals: 1, nextLoginAt: next }]);
    });
  });

  it('grants what an operator orders, and rejects if it cannot', async () => {
    const { budget, gateways } = aBudget();
    await budget.grant(SYSTEM, ['one']);
    expect(gateways.order).toEqual(['grant']);
    gateways.isDown = true;
    await expect(budget.grant(SYSTEM, ['one'])).rejects.toBe(down);
  });

  it('cleans the table up, and only logs a warning if that fails', async () => {
    const { budget, gateways, warn } = aBudget();
    await budget.cleanUp();
    gateways.isDown = true;
    await budget.cleanUp();
    expect(gateways.order).toEqual(['clean-up']);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  describe('whenReachable', () => {
    /** A budget that has failed to write an outcome to a database that is down, or refuses to write. */
    async function aFailedBudget(failure: 'down' | 'read-only') {
      const { budget, gateways, leaving } = aBudget();
      gateways.isDown = failure === 'down';
      if (failure === 'read-only') jest.spyOn(gateways, 'recordOutcomes').mockRejectedValue(new Error(failure));
      budget.accepted(aTry());
      await budget.flush();
      /** Begins to wait. Returns a mock that is called when the wait is over. */
      const wait = () => {
        const reachable = jest.fn();
        void budget.whenReachable(leaving.signal).then(reachable);
        return reachable;
      };
      return { budget, gateways, leaving, wait };
    }

    it('resolves at once when nothing has failed', async () => {
      const { budget, leaving } = aBudget();
      await budget.whenReachable(leaving.signal);
    });

    it('resolves when the database is back', async () => {
      const { gateways, wait } = await aFailedBudget('down');
      const reachable = wait();
      await jest.advanceTimersByTimeAsync(60_000);
      expect(reachable).not.toHaveBeenCalled();
      gateways.isDown = false;
      await jest.advanceTimersByTimeAsync(1000);
      expect(reachable).toHaveBeenCalled();
    });

    it('waits a second when the database answers but refuses to write', async () => {
      const { wait } = await aFailedBudget('read-only');
      const reachable = wait();
      await jest.advanceTimersByTimeAsync(999);
      expect(reachable).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1);
      expect(reachable).toHaveBeenCalled();
    });

    it('doubles the wait once per failed recovery, however many wait', async () => {
      const { budget, wait } = await aFailedBudget('read-only');
      const waiting = Array.from({ length: 10 }, wait);
      await jest.advanceTimersByTimeAsync(1000);
      for (const reachable of waiting) expect(reachable).toHaveBeenCalled();

      await budget.flush(); // Which fails again.
      const reachable = wait();
      await jest.advanceTimersByTimeAsync(1999);
      expect(reachable).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1);
      expect(reachable).toHaveBeenCalled();
    });

    it('resolves when it is aborted, and stops polling', async () => {
      const { leaving, wait } = await aFailedBudget('down');
      const reachable = wait();
      leaving.abort();
      await jest.advanceTimersByTimeAsync(1000);
      expect(reachable).toHaveBeenCalled();
    });
  });
});
