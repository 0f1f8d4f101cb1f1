// The server probes a silent connection, too, but later than this end, so the holder knows of a loss before another service can have the lock.
const NOTICE_LOSS = `set_config('tcp_keepalives_idle', '10', false),
  set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '5', false)`;

/** Acquires a lock for this connection alone, if it is free. */
export const TRY_LOCK = `SELECT pg_try_advisory_lock($1, $2) AS locked, ${NOTICE_LOSS}`;

/** Acquires a lock together with other connections that do so, unless one has it alone. */
export const TRY_SHARED_LOCK = 'SELECT pg_try_advisory_lock_shared($1, $2) AS locked';

/** Shows that the connection works in both directions. */
export const PROVE = 'SELECT 1';
