import type { DataSource, QueryRunner } from 'typeorm';

/** Two rounds, because a pooler may hand out its connections in turn. */
const ROUNDS = 2;

/**
 * Rejects a pooler that reassigns server connections between transactions: session settings and session locks would be lost. A pooler
 * is present if the backend is not the one that the login named. Each of two connections must then keep its own backend.
 *
 * @throws Error with instructions
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
        'use its session mode (PgBouncer: pool_mode=session), or connect to the database directly',
    );
  }
}

async function processOf(runner: QueryRunner): Promise<number> {
  const rows = (await runner.query('SELECT pg_backend_pid() AS pid')) as { pid: number }[];
  return rows[0]?.pid ?? 0;
}
