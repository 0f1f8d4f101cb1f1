const ALL_BUT_INTERVALS: FakeableAPI[] = [
  ...(['Date', 'hrtime', 'nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setTimeout', 'clearTimeout'] as const),
];

/**
 * Stops the monotonic clock and the intervals until the end of the test, which advances them with `jest.advanceTimersByTime`. Sockets
 * and all other timers go on.
 */
export function useStillClock(): void {
  jest.useFakeTimers({ doNotFake: ALL_BUT_INTERVALS });
}
