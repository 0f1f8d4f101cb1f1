import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres';
import { makeTemplate } from './database';

/**
 * Once before the suites: a PostgreSQL, the one that `DATABASE_URL` names or a throw-away one, and in it a migrated template
 * that every suite copies. What it leaves for the others is in environment variables, which reach the workers.
 */
export default async function globalSetup(): Promise<void> {
  // Meant for another PostgreSQL: the tests' own connections would take them as their defaults.
  for (const name of Object.keys(process.env)) if (/^PG[A-Z]/.test(name)) Reflect.deleteProperty(process.env, name);
  const external = process.env['DATABASE_URL'];
  if (external) {
    process.env['TEST_SERVER_URL'] = external;
  } else {
    const dataDir = await mkdtemp(join(tmpdir(), 'gateway-hub-test-'));
    const server = await startEmbeddedPostgres({ dataDir, ephemeral: true });
    process.env['TEST_SERVER_URL'] = server.url;
    globalThis.testPostgres = { server, dataDir };
  }
  process.env['TEST_TEMPLATE'] = await makeTemplate(process.env['TEST_SERVER_URL'] ?? '');
}
