import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from '../../support/eventually';

const BUSY = "DO $$ BEGIN WHILE (pg_stat_file('released', true)).size IS NULL LOOP END LOOP; END $$";
const IS_BUSY = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'";

/** The pid of the server that runs on a data directory, from its pid file. */
export function postmasterPid(dataDir: string): number {
  return Number(pidFile(dataDir)[0]);
}

/** Kills the server; the service starts it again at once. */
export function killPostgres(dataDir: string): void {
  process.kill(postmasterPid(dataDir), 'SIGKILL');
}

/**
 * Kills the server, and prevents its restart until the outage is ended: one of its processes keeps running, and a new server cannot
 * start beside it.
 * @returns a function that ends the outage
 */
export async function holdDown(dataDir: string): Promise<() => Promise<void>> {
  const released = join(dataDir, 'pgdata', 'released');
  const [busy, observer] = [clientOf(dataDir), clientOf(dataDir)];
  await Promise.all([busy.connect(), observer.connect()]);
  const isOver = busy.query(BUSY).catch(() => undefined);
  await eventually(async () => {
    const { rows } = await observer.query<{ count: number }>(IS_BUSY);
    if (rows[0]?.count !== 1) throw new Error('nothing is busy yet');
  });
  await observer.end();

  killPostgres(dataDir);
  return async () => {
    await writeFile(released, '');
    await isOver;
    await busy.end();
    await rm(released);
  };
}

function clientOf(dataDir: string): Client {
  const client = new Client({
    host: '127.0.0.1',
    port: Number(pidFile(dataDir)[3]),
    user: 'gateway_hub',
    database: 'gateway_hub',
    password: readFileSync(join(dataDir, 'pgdata', 'gateway-hub-password'), 'utf8'),
    ssl: false,
  });
  // It fails when the server is killed.
  return client.on('error', () => undefined);
}

/** Line 1 is the pid, line 4 the port. */
function pidFile(dataDir: string): string[] {
  return readFileSync(join(dataDir, 'pgdata', 'postmaster.pid'), 'utf8').split('\n');
}
