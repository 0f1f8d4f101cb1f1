import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import type { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import { dropDatabase, makeTemplate } from './database';

let started: { server: EmbeddedPostgres; dataDir: string } | null = null;

/**
 * Provides the PostgreSQL that the suites share, the one in `DATABASE_URL` or a temporary one, with a migrated template that every suite
 * copies. Both reach the workers in environment variables.
 */
export async function startTestServer(): Promise<void> {
  // PG* variables are meant for another PostgreSQL. The tests' own connections would take them as defaults.
  for (const name of Object.keys(process.env)) if (/^PG[A-Z]/.test(name)) Reflect.deleteProperty(process.env, name);
  const external = process.env['DATABASE_URL'];
  if (external) {
    process.env['TEST_SERVER_URL'] = external;
  } else {
    const dataDir = await mkdtemp(join(tmpdir(), 'gateway-hub-test-'));
    const server = await startEmbeddedPostgres({ dataDir, ephemeral: true });
    process.env['TEST_SERVER_URL'] = server.url;
    started = { server, dataDir };
  }
  process.env['TEST_TEMPLATE'] = await makeTemplate(process.env['TEST_SERVER_URL'] ?? '');
}

/** Leaves no database, server or file. */
export async function stopTestServer(): Promise<void> {
  const { TEST_SERVER_URL: serverUrl, TEST_TEMPLATE: template } = process.env;
  if (serverUrl && template) await dropDatabase(serverUrl, template);
  if (!started) return;
  const { server, dataDir } = started;
  started = null;
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
