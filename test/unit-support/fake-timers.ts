/** Fakes timers and clocks in every test of the enclosing file or group, and undoes all mocks after it. */
export function useFakeTimersInTests(options?: Parameters<typeof jest.useFakeTimers>[0]): void {
  beforeEach(() => jest.useFakeTimers(options));
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });
}
