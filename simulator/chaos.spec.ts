import { useFakeTimersInTests } from '../test/unit-support/fake-timers';
import { Chaos } from './chaos';
import { Timers } from './timing/timers';

interface Trouble {
  readonly closes: number[];
  readonly bytes: number[];
}

function troubleWith(seed: number): Trouble {
  const trouble: Trouble = { closes: [], bytes: [] };
  const timers = new Timers();
  new Chaos(timers, seed).follow({
    close: (code) => trouble.closes.push(code),
    send: (frame) => trouble.bytes.push(frame.length) > 0,
  });
  jest.advanceTimersByTime(120_000);
  timers.clear();
  return trouble;
}

describe('Chaos', () => {
  useFakeTimersInTests();

  it('closes each connection once, and over many connections with every code', () => {
    const troubles = Array.from({ length: 60 }, (_, seed) => troubleWith(seed));

    expect(troubles.every(({ closes }) => closes.length === 1)).toBe(true);
    expect(new Set(troubles.flatMap(({ closes }) => closes))).toEqual(new Set([1000, 1001, 1006, 1011]));
  });

  it('sends replies of 20 MB', () => {
    const bytes = Array.from({ length: 60 }, (_, seed) => troubleWith(seed)).flatMap((trouble) => trouble.bytes);

    expect(bytes.length).toBeGreaterThan(0);
    expect(Math.min(...bytes)).toBeGreaterThan(20_000_000);
  });

  it('does the same for the same seed', () => {
    expect(troubleWith(5)).toEqual(troubleWith(5));
  });
});
