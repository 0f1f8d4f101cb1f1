import type { Store } from './store';

/** How many connections the store must have. */
export const CONNECTIONS = 2;

/** Does something, and says how many rows of a table were fetched for it, by whatever statements. An entry of an index is no row. */
export async function rowsFetched(store: Store, table: string, act: () => Promise<unknown>): Promise<number> {
  const before = await fetchedSoFar(store, table);
  await act();
  return (await fetchedSoFar(store, table)) - before;
}

async function fetchedSoFar(store: Store, table: string): Promise<number> {
  // Each connection counts for itself, and adds it up when it is told to. Statements that are sent at once go by all of them.
  await Promise.all(Array.from({ length: CONNECTIONS }, () => store.sql('SELECT pg_stat_force_next_flush()')));
  const [row] = await store.sql<{ rows: number }>(
    `SELECT (seq_tup_read + idx_tup_fetch)::int AS rows FROM pg_stat_user_tables WHERE relname = $1`,
    [table],
  );
  return row?.rows ?? NaN;
}
