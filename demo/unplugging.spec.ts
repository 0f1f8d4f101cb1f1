import { useFakeTimersInTests } from '../test/unit-support/fake-timers';
import { unplugAgainAndAgain } from './unplugging';

describe('the gateway that is unplugged', () => {
  useFakeTimersInTests();

  it('is away for a minute of each round, and what came from its history since is counted once', () => {
    const heard: string[] = [];
    let fetched = 3;
    const gateway = {
      stopListening: () => Promise.resolve(void heard.push('stop')),
      startListening: () => Promise.resolve(void heard.push('start')),
    };
    const stop = unplugAgainAndAgain({
      gateway,
      fetched: () => fetched,
      tell: (line) => heard.push(line),
    });
    jest.advanceTimersByTime(79_000);
    expect(heard).toEqual(['stop', 'is unplugged for a minute, and goes on measuring']);

    jest.advanceTimersByTime(1000);
    fetched += 5;
    jest.advanceTimersByTime(1000);
    fetched += 7;
    jest.advanceTimersByTime(90_000);
    const back = 'is back: 12 readings that the service had missed came from its history';
    expect(heard.slice(2)).toEqual(['start', 'is plugged in again', back]);

    jest.advanceTimersByTime(29_000);
    expect(heard.slice(5)).toEqual(['stop', 'is unplugged for a minute, and goes on measuring']);
    stop();
    jest.advanceTimersByTime(180_000);
    expect(heard).toHaveLength(7);
  });
});
