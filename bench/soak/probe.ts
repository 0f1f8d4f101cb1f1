import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Figures that only the service process itself can read. */
export interface Inside {
  /** Heap in use after a garbage collection. */
  readonly heapMb: number;
  /** Event loop delay since the last report, in milliseconds. */
  readonly loopP50Ms: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  /** Only active ones, which keep the event loop alive; the same goes for `timers`. */
  readonly sockets: number;
  readonly timers: number;
}

const RESOLUTION_MS = 10;

// Preloaded into the service with `--require`: it answers the parent process, and the product does not know of it.
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
  // Excludes the forced collection from the delay of the service.
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

// The measuring process is gone, so nothing else would stop the service.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));

process.channel?.unref();
