/** First number of our advisory locks. Keeps them apart from the locks of other applications. */
const LOCK_CLASS = 727_001;
// The function `make_reading_partitions` uses number 3.
const LOCKS = { migration: 1, sessions: 2, readings: 4, severity: 5 };

/** The two numbers of a lock, as PostgreSQL's `pg_advisory_lock(int, int)` takes them. */
export function advisoryLock(name: keyof typeof LOCKS): [number, number] {
  return [LOCK_CLASS, LOCKS[name]];
}
