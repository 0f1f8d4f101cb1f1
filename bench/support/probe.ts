import { readFileSync } from 'node:fs';
import type { Used } from './used';

// Preloaded into every measured process with `--require`; the program does not know of it. Smaller than the probe of the soak,
// whose timer would add to the cost of an idle process.
process.on('message', (question) => {
  if (question === 'collect') {
    globalThis.gc?.();
    process.send?.('collected');
  } else if (question === 'used') process.send?.(used());
});

/** The processor time of the main thread is exact to the nanosecond there, and does not count the time of other processes. Linux only. */
function used(): Used {
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  const { user, system } = process.cpuUsage();
  return { loop: Number(nanoseconds) / 1e6, cpu: (user + system) / 1000 };
}

// The measuring process has stopped this one, or is gone.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
