import { backoffMs } from './backoff';

const settings = { minMs: 1000, maxMs: 30_000 };

describe('backoffMs', () => {
  it('LIFECYCLE-05: doubles from the shortest to the longest wait, and then stays there', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 5000].map((attempt) => backoffMs(attempt, settings, () => 1));
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('waits a random time from half to all of that, so that gateways that failed together return apart', () => {
    expect(backoffMs(3, settings, () => 0)).toBe(2000);
    expect(backoffMs(3, settings, () => 0.5)).toBe(3000);
    const waits = new Set(Array.from({ length: 100 }, () => backoffMs(6, settings)));
    expect(waits.size).toBeGreaterThan(50);
  });
});
