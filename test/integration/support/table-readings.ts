import type { Store } from './store';

/** Number of connections that the store must have. */
export const CONNECTIONS = 2;

/** Rows of a table and entries of its indexes that were read. An entry is counted apart: reading it costs less than reading a row. */
interface Reading {
  readonly rows: number;
  readonly entries: number;
}

/** Runs `act`, and returns what was read of a table meanwhile, by any statement. */
export async function readingOf(store: Store, table: string, act: () => Promise<unknown>): Promise<Reading> {
  const before = await readSoFar(store, table);
  await act();
  const after = await readSoFar(store, table);
  return { rows: after.rows - before.rows, entries: after.entries - before.entries };
}

async function readSoFar(store: Store, table: string): Promise<Reading> {
  // Each connection counts for itself, and flushes its counters on request. Statements sent at the same time use all of the connections.
  await Promise.all(Array.from({ length: CONNECTIONS }, () => store.sql('SELECT pg_stat_force_next_flush()')));
  const [reading] = await store.sql<Reading>(
    `SELECT (seq_tup_read + idx_tup_fetch)::int AS rows,
       (SELECT sum(idx_tup_read)::int FROM pg_stat_user_indexes AS index WHERE index.relid = tables.relid) AS entries
     FROM pg_stat_user_tables AS tables WHERE relname = $1`,
    [table],
  );
  return reading ?? { rows: NaN, entries: NaN };
}
