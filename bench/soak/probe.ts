import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What only the service itself can say of itself. */
export interface Inside {
  /** Heap that is in use after a garbage collection. */
  readonly heapMb: number;
  /** How late the event loop was since the last time, in milliseconds. */
  readonly loopP50Ms: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  /** Of those that keep the event loop alive. */
  readonly sockets: number;
  readonly timers: number;
}

const RESOLUTION_MS = 10;

// Preloaded into the service by `--require`: it answers whoever started the process, and the product knows nothing of it.
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

process.on('message', () => {
  const late = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  const [loopP50Ms, loopP99Ms, loopMaxMs] = [delay.percentile(50), delay.percentile(99), delay.max].map(late) as [
    number,
    number,
    number,
  ];
  globalThis.gc?.();
  // The collection that was forced is not the service's delay.
  setTimeout(() => delay.reset(), 5 * RESOLUTION_MS).unref();

  const resources = process.getActiveResourcesInfo();
  const count = (kind: string): number => resources.filter((resource) => resource === kind).length;
  const inside: Inside = {
    heapMb: process.memoryUsage().heapUsed / 1024 / 1024,
    loopP50Ms,
    loopP99Ms,
    loopMaxMs,
    sockets: count('TCPSocketWrap'),
    timers: count('Timeout'),
  };
  process.send?.(inside);
});

// Whoever measures is gone, in whatever way: nobody is left to stop the service.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));

process.channel?.unref();
