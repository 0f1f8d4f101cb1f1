const ALL_BUT_THE_DATE: FakeableAPI[] = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

/**
 * Runs `work` while the time of day of this process is `ms` milliseconds ahead and stands still. Timers and the monotonic clock are
 * not affected.
 */
export async function withClockAhead<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  jest.useFakeTimers({ now: Date.now() + ms, doNotFake: ALL_BUT_THE_DATE });
  try {
    return await work();
  } finally {
    jest.useRealTimers();
  }
}
