/** @jest-environment node */
import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import { Ticker } from './ticker';

describe('Ticker', () => {
  useFakeTimersInTests();

  it('calls every member once per period', () => {
    const ticker = new Ticker(1000);
    const members = Array.from({ length: 120 }, () => jest.fn());
    members.forEach((member) => ticker.add(member));

    jest.advanceTimersByTime(3000);

    expect(members.map((member) => member.mock.calls.length)).toEqual(members.map(() => 3));
  });

  it('spreads the members over the period', () => {
    const ticker = new Ticker(1000);
    const called: number[] = [];
    Array.from({ length: 50 }).forEach(() => ticker.add(() => called.push(Date.now())));

    jest.advanceTimersByTime(1000);

    expect(new Set(called).size).toBe(50);
  });

  it('has one timer while it has members, and none without', () => {
    const ticker = new Ticker(1000);
    const [first, second] = [jest.fn(), jest.fn()];

    ticker.add(first);
    ticker.add(second);
    expect(jest.getTimerCount()).toBe(1);
    ticker.remove(first);
    expect(jest.getTimerCount()).toBe(1);
    ticker.remove(second);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('continues after all members have left and one has joined again', () => {
    const ticker = new Ticker(100);
    const member = jest.fn();
    ticker.add(member);
    ticker.remove(member);

    ticker.add(member);
    jest.advanceTimersByTime(500);

    expect(member).toHaveBeenCalledTimes(5);
  });

  it('also keeps a period shorter than a turn of the wheel', () => {
    const ticker = new Ticker(5);
    const member = jest.fn();
    ticker.add(member);

    jest.advanceTimersByTime(100);

    expect(member).toHaveBeenCalledTimes(20);
  });
});
