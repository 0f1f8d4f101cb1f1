import { useFakeTimersInTests } from '../../../test/unit-support/fake-timers';
import { LimitedLine } from './limited-line';

describe('a limited log line', () => {
  useFakeTimersInTests();

  it('is written for the first case at once, then at most once a minute, with the latest case and the count', () => {
    const written: [string, number][] = [];
    const line = new LimitedLine<string>((about, times) => written.push([about, times]));
    line.report();
    expect(written).toEqual([]);

    line.note('a');
    line.report();
    expect(written).toEqual([['a', 1]]);

    for (const about of ['b', 'c', 'd']) line.note(about);
    jest.advanceTimersByTime(59_999);
    line.report();
    expect(written).toHaveLength(1);
    jest.advanceTimersByTime(1);
    line.report();
    expect(written).toEqual([
      ['a', 1],
      ['d', 3],
    ]);

    jest.advanceTimersByTime(60_000);
    line.report();
    expect(written).toHaveLength(2);
  });

  it('is written at the end although a minute has not passed', () => {
    const written: [string, number][] = [];
    const line = new LimitedLine<string>((about, times) => written.push([about, times]));
    line.note('a');
    line.report();
    line.note('b');
    line.report(true);
    line.report(true);
    expect(written).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });
});
