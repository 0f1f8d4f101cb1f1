import { rm } from 'node:fs/promises';
import { dropDatabase } from './database';

/** Runs once after the suites; leaves no database, server or file. */
export default async function globalTeardown(): Promise<void> {
  const { TEST_SERVER_URL: serverUrl, TEST_TEMPLATE: template } = process.env;
  if (serverUrl && template) await dropDatabase(serverUrl, template);
  if (!globalThis.testPostgres) return;
  const { server, dataDir } = globalThis.testPostgres;
  globalThis.testPostgres = undefined;
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
