import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import { makeTemplate } from './database';

/**
 * Runs once before the suites: provides a PostgreSQL, the one in `DATABASE_URL` or a temporary one, with a migrated template that
 * every suite copies. Both reach the workers in environment variables.
 */
export default async function globalSetup(): Promise<void> {
  // PG* variables are meant for another PostgreSQL. The tests' own connections would take them as defaults.
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
