import type { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres';

declare global {
  /** The server that the suites share, while it is ours to stop. */
  var testPostgres: { server: EmbeddedPostgres; dataDir: string } | undefined;
}
