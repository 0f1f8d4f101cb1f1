import type { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';

declare global {
  /** The server that the suites share, if the global set-up started it. */
  var testPostgres: { server: EmbeddedPostgres; dataDir: string } | undefined;
}
