import { Gate } from '../../test/unit-support/gate';
import { silentLogger } from '../../test/unit-support/silent-logger';
import type { WhileHolding } from '../status/while-holding';
import type { ConnectionSupervisor } from './connection.supervisor';
import { SessionsByShard } from './sessions-by-shard';

/** The sessions of some shards, and what they were told to do. */
function aSubject() {
  const gate = new Gate();
  const calls: string[] = [];
  const failures: Error[] = [];
  const holding: Pick<WhileHolding, 'load' | 'start' | 'repeat' | 'runForAll' | 'leave' | 'flush'> = {
    load: async () => {
      await gate.pass();
      const failure = failures.shift();
      if (failure) throw failure;
    },
    start: () => void calls.push('start'),
    repeat: () => void calls.push('repeat'),
    runForAll: () => void calls.push('runForAll'),
    leave: () => void calls.push('leave'),
    flush: () => {
      calls.push('flush');
      return Promise.resolve();
    },
  };
  const told = (what: string) => (shards: readonly number[]) => {
    calls.push(`${what} ${shards.join()}`);
    return Promise.resolve();
  };
  const supervisor = { assign: told('assign'), give: told('give'), lose: told('lose') };
  const subject = new SessionsByShard(
    supervisor as Partial<ConnectionSupervisor> as ConnectionSupervisor,
    holding as WhileHolding,
    silentLogger(),
  );
  return { subject, gate, calls, failures };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('SessionsByShard', () => {
  it('starts the common work once, and what is done for all with the first shard', async () => {
    const { subject, calls } = aSubject();
    await subject.gain([7, 8]);
    await subject.gain([0]);
    expect(calls).toEqual(['start', 'assign 7,8', 'repeat', 'assign 0', 'runForAll']);
  });

  it('starts nothing of what was given or lost while it was loaded', async () => {
    const { subject, gate, calls } = aSubject();
    const release = gate.hold();
    const gained = subject.gain([1, 2, 3]);
    await settle();
    await subject.give([1]);
    await subject.lose([2]);
    release();
    await gained;
    expect(calls).toEqual(['leave', 'give 1', 'flush', 'leave', 'lose 2', 'start', 'assign 3', 'repeat']);
  });

  it('starts a shard once that is lost and gained again while it was loaded', async () => {
    const { subject, gate, calls } = aSubject();
    const release = gate.hold();
    const first = subject.gain([1]);
    await settle();
    await subject.lose([1]);
    const second = subject.gain([1]);
    release();
    await Promise.all([first, second]);
    expect(calls.filter((call) => call.startsWith('assign'))).toEqual(['assign 1']);
  });

  it('loads again after a failure, as long as the shards are owned', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    try {
      const { subject, calls, failures } = aSubject();
      failures.push(new Error('down'), new Error('down'));
      const gained = subject.gain([1, 2]);
      await settle();
      await subject.lose([2]);
      await jest.advanceTimersByTimeAsync(2000);
      await gained;
      expect(calls).toEqual(['leave', 'lose 2', 'start', 'assign 1', 'repeat']);
    } finally {
      jest.useRealTimers();
    }
  });
});
