import { SchedulerRegistry } from '@nestjs/schedule';
import { Assignment } from './assignment';
import { WhileHolding } from './while-holding';

describe('work that runs while sessions are held', () => {
  let scheduler: SchedulerRegistry;
  let holding: WhileHolding;
  let calls: string[];

  const call = (name: string) => () => void calls.push(name);
  const load = (name: string) => () => {
    calls.push(name);
    return Promise.resolve();
  };

  beforeEach(() => {
    jest.useFakeTimers();
    scheduler = new SchedulerRegistry();
    holding = new WhileHolding(scheduler);
    calls = [];
  });
  afterEach(() => jest.useRealTimers());

  it('loads one room after the other, and stops when one fails', async () => {
    holding.add({ load: load('first') });
    holding.add({ load: () => Promise.reject(new Error('down')) });
    holding.add({ load: load('third') });

    await expect(holding.load(() => true)).rejects.toThrow('down');
    expect(calls).toEqual(['first']);
  });

  it('has one timer for each period', () => {
    holding.add({ repeated: [{ everyMs: 1000, run: call('a') }] });
    holding.add({
      repeated: [
        { everyMs: 1000, run: call('b') },
        { everyMs: 5000, run: call('c'), isRunAtStart: true },
      ],
    });
    holding.repeat();
    expect(calls).toEqual(['c']);
    expect(jest.getTimerCount()).toBe(2);

    jest.advanceTimersByTime(5000);
    expect(calls.filter((name) => name === 'a')).toHaveLength(5);
    expect(calls.filter((name) => name === 'b')).toHaveLength(5);
    expect(calls.filter((name) => name === 'c')).toHaveLength(2);
  });

  it('stops only its own timers, waits for what it stops, and can be started again', async () => {
    const other = setInterval(() => undefined, 1000);
    scheduler.addInterval('of another room', other);
    let release: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => (release = resolve));
    holding.add({ stop: () => stopped, repeated: [{ everyMs: 1000, run: call('a') }] });
    holding.add({ start: call('start'), stop: call('stop') });
    holding.start();
    holding.repeat();

    const ended = holding.stop().then(call('ended'));
    expect(calls).toEqual(['start', 'stop']); // At once: the sessions end right after the call.
    expect(scheduler.getIntervals()).toEqual(['of another room']);
    release();
    await ended;
    expect(calls).toEqual(['start', 'stop', 'ended']);

    holding.repeat();
    jest.advanceTimersByTime(1000);
    expect(calls.at(-1)).toBe('a');
    await holding.stop();
    expect(jest.getTimerCount()).toBe(1);
    clearInterval(other);
  });

  it('does what is done once for all gateways only with the first shard, at the start and when it comes later', () => {
    const assignment = new Assignment();
    holding = new WhileHolding(scheduler, assignment);
    holding.add({
      repeated: [
        { everyMs: 1000, run: call('own'), isRunAtStart: true },
        { everyMs: 1000, run: call('for all'), isRunAtStart: true, isForAll: true },
      ],
    });
    assignment.add([1, 2]);
    holding.repeat();
    jest.advanceTimersByTime(1000);
    expect(calls).toEqual(['own', 'own']);

    assignment.add([0]);
    holding.runForAll();
    jest.advanceTimersByTime(1000);
    expect(calls.slice(2)).toEqual(['for all', 'own', 'for all']);

    assignment.remove([0]);
    jest.advanceTimersByTime(1000);
    expect(calls.slice(5)).toEqual(['own']);
  });
});
