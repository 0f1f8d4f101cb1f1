import { withClient } from '../../support/database';

const WATCH = 'ALTER TABLE gateway_connection_events ADD COLUMN stored bigserial';
const STALE = `SELECT count(*)::int AS count FROM (
    SELECT epoch, max(epoch) OVER (PARTITION BY gateway_id ORDER BY stored) AS latest FROM gateway_connection_events) AS row
  WHERE epoch < latest`;

/** Makes the database number the rows of the history in the order in which they are stored. Call it before the replicas start. */
export async function watchStoredEpochs(url: string): Promise<void> {
  await withClient(url, (client) => client.query(WATCH));
}

/** How many rows of an earlier owner of a gateway were stored after one of a later owner. */
export async function countStaleRows(url: string): Promise<number> {
  const { rows } = await withClient(url, (client) => client.query<{ count: number }>(STALE));
  return rows[0]?.count ?? NaN;
}
