import type { SessionLock } from './session-lock';
import { FreezeWatch } from './freeze-watch';

describe('FreezeWatch', () => {
  let watch: FreezeWatch;
  let silentMs: number | null;
  const onFrozen = jest.fn();
  /** A watch over a lock whose `silentMs` the test sets. */
  const aWatch = () => {
    const lock: Pick<SessionLock, 'silentMs'> = {
      get silentMs() {
        return silentMs;
      },
    };
    const made = new FreezeWatch(lock as SessionLock);
    made.onFreeze(onFrozen);
    return made;
  };
  /** Advances the clock without running any timer. */
  const standStill = (ms: number) => jest.setSystemTime(Date.now() + ms);

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
    jest.spyOn(performance, 'now').mockImplementation(() => Date.now());
    onFrozen.mockClear();
    silentMs = 0;
    watch = aWatch();
  });
  afterEach(() => {
    watch.onModuleDestroy();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('allows actions while the process runs, even if the database does not answer for a long time', () => {
    silentMs = 60_000;
    jest.advanceTimersByTime(60_000);
    expect(watch.mayAct()).toBe(true);
  });

  it('allows no actions after a freeze in which another process may have acquired the lock, and reports it once', async () => {
    standStill(8000);
    silentMs = 7600;
    expect([watch.mayAct(), watch.mayAct()]).toEqual([false, false]);
    jest.advanceTimersByTime(5000); // Its own ticks do not reopen it.
    silentMs = 0;
    expect(watch.mayAct()).toBe(false);
    await Promise.resolve();
    expect(onFrozen).toHaveBeenCalledTimes(1);

    watch.reopen();
    expect(watch.mayAct()).toBe(true);
    standStill(8000);
    silentMs = null;
    expect(watch.mayAct()).toBe(false);
    await Promise.resolve();
    expect(onFrozen).toHaveBeenCalledTimes(2);
  });

  it('detects a freeze without being asked', async () => {
    standStill(9000);
    silentMs = 9000;
    jest.advanceTimersByTime(500);
    await Promise.resolve();
    expect(onFrozen).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['it was shortly proved that the lock is held', 8000, 7400, true],
    ['it was only busy for a moment', 1900, 60_000, true],
    ['without the lock, it stood still for less than the lock lasts', 7400, null, true],
    ['without the lock, it stood still for longer', 7600, null, false],
  ])('decides whether to allow actions after a freeze: %s', (_case, stillMs, silence, isAllowed) => {
    standStill(stillMs);
    silentMs = silence;
    expect(watch.mayAct()).toBe(isAllowed);
  });
});
