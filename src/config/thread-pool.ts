/**
 * Room for 64 concurrent name look-ups. Each blocks a thread until the system answers, which takes seconds for a name that does not
 * resolve. An idle thread costs about ten kilobytes.
 */
const THREADS = 128;

const BY_DEFAULT = 4;
const MOST = 1024;

/** Sets the size of libuv's thread pool (name look-ups, files, crypto) unless the environment does. Call it before first use. */
export function enlargeThreadPool(): void {
  process.env['UV_THREADPOOL_SIZE'] ??= String(THREADS);
}

/** How many names the system looks up concurrently: libuv limits look-ups to half of its threads. */
export function lookUpsAtOnce(): number {
  return Math.floor((threadPoolSize() + 1) / 2);
}

/** The size of the thread pool, as libuv reads it. */
function threadPoolSize(): number {
  const set = process.env['UV_THREADPOOL_SIZE'];
  if (set === undefined) return BY_DEFAULT;
  const size = Number.parseInt(set, 10);
  return Number.isNaN(size) || size < 1 ? 1 : Math.min(size, MOST);
}
