/**
 * Enough for 64 look-ups of names at once: each holds a thread until the system answers, which takes seconds for a name that nobody
 * knows. A thread that sleeps costs ten kilobytes.
 */
const THREADS = 128;

const BY_DEFAULT = 4;
const MOST = 1024;

/** Sets how many threads look up names, read files and encrypt, unless the environment does. To be called before any of these. */
export function enlargeThreadPool(): void {
  process.env['UV_THREADPOOL_SIZE'] ??= String(THREADS);
}

/** How many threads there are, as libuv reads it. */
export function threadPoolSize(): number {
  const set = process.env['UV_THREADPOOL_SIZE'];
  if (set === undefined) return BY_DEFAULT;
  const size = Number.parseInt(set, 10);
  return Number.isNaN(size) || size < 1 ? 1 : Math.min(size, MOST);
}
