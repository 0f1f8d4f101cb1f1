import { rm } from 'node:fs/promises';
import { dropDatabase } from './database';

/** Once after the suites: leaves no database, no server and no file. */
export default async function globalTeardown(): Promise<void> {
  const { TEST_SERVER_URL: serverUrl, TEST_TEMPLATE: template } = process.env;
  if (serverUrl && template) await dropDatabase(serverUrl, template);
  if (!globalThis.testPostgres) return;
  const { server, dataDir } = globalThis.testPostgres;
  globalThis.testPostgres = undefined;
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
