/** @jest-environment node */
import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import { Timers } from './timers';

describe('Timers', () => {
  useFakeTimersInTests();

  it('runs a task without a delay at once', () => {
    const task = jest.fn();
    new Timers().after(0, task);

    expect(task).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('runs delayed tasks when they are due, and none after they were cleared', () => {
    const timers = new Timers();
    const [soon, late] = [jest.fn(), jest.fn()];
    timers.after(10, soon);
    timers.after(1000, late);

    jest.advanceTimersByTime(10);
    timers.clear();
    jest.advanceTimersByTime(5000);

    expect(soon).toHaveBeenCalledTimes(1);
    expect(late).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });
});
