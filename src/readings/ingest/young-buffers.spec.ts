import { PerformanceObserver, constants } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { YoungBuffers } from './young-buffers';

const MB = 1024 * 1024;

describe('YoungBuffers', () => {
  it('collects young objects, and nothing else, after each three megabytes of messages', async () => {
    const kinds: unknown[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { kind, flags } = (entry as unknown as { detail: { kind: number; flags: number } }).detail;
        if (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) kinds.push(kind);
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    const buffers = new YoungBuffers();
    for (let sent = 0; sent < 8; sent += 1) buffers.note(MB);
    await setImmediate();
    await setImmediate();
    observer.disconnect();
    expect(kinds).toEqual([constants.NODE_PERFORMANCE_GC_MINOR, constants.NODE_PERFORMANCE_GC_MINOR]);
  });
});
