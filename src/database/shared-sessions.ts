import type { DataSource, QueryRunner } from 'typeorm';

/** Two rounds: a pooler may hand out its connections in turn. */
const ROUNDS = 2;

/**
 * Refuses a pooler that gives a connection to the server away between two transactions: settings would get lost, and so would the
 * locks of a session. Behind a pooler (the process that answers is not the one that the login named) two connections must stay with
 * two processes of the server.
 *
 * @throws Error saying so
 */
export async function refuseSharedSessions(first: QueryRunner, dataSource: DataSource): Promise<void> {
  const { processID } = (await first.connect()) as { processID?: number };
  if (processID === (await processOf(first))) return;

  const second = dataSource.createQueryRunner();
  const seen: [Set<number>, Set<number>] = [new Set(), new Set()];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      seen[0].add(await processOf(first));
      seen[1].add(await processOf(second));
    }
  } finally {
    await second.release();
  }
  const isShared = seen.some(({ size }) => size > 1) || [...seen[0]].some((pid) => seen[1].has(pid));
  if (isShared) {
    throw new Error(
      'the connection pooler in front of the database shares connections between transactions: ' +
        'use its session mode (PgBouncer: pool_mode=session), or connect to the database itself',
    );
  }
}

async function processOf(runner: QueryRunner): Promise<number> {
  const rows = (await runner.query('SELECT pg_backend_pid() AS pid')) as { pid: number }[];
  return rows[0]?.pid ?? 0;
}
