import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../../src/embedded-postgres/embedded-postgres';
import type { EmbeddedPostgres } from '../../../src/embedded-postgres/embedded-postgres';
import { makeTemplate } from '../../support/database';
import { eventually } from '../../support/eventually';
import { processesAbout } from '../../support/program';
import { postmasterPid } from '../support/postgres-outage';
import { PATIENCE_MS } from './replica';

/** How a server is told to stop: `pg_ctl stop -m fast` and `-m immediate`. */
const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/** A PostgreSQL of its own, which keeps what it has committed when it is stopped, with an empty database that has the schema. */
export class OwnPostgres {
  private constructor(
    private readonly folder: string,
    private readonly server: EmbeddedPostgres,
    readonly url: string,
  ) {}

  static async start(): Promise<OwnPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'gateway-hub-cluster-'));
    const server = await startEmbeddedPostgres({ dataDir: folder });
    const url = new URL(server.url);
    url.pathname = `/${await makeTemplate(server.url)}`;
    return new OwnPostgres(folder, server, url.href);
  }

  /** Stops the server, which is then started again on the same data and port. Resolves when another one runs. */
  async restart(mode: keyof typeof SIGNALS): Promise<void> {
    const before = postmasterPid(this.folder);
    process.kill(before, SIGNALS[mode]);
    await eventually(() => {
      const now = postmasterPid(this.folder); // Throws while there is none.
      expect([now > 0, now !== before]).toEqual([true, true]);
    }, PATIENCE_MS);
  }

  async destroy(): Promise<void> {
    await this.server.stop();
    await eventually(() => expect(processesAbout(this.folder)).toEqual([]));
    await rm(this.folder, { recursive: true, force: true });
  }
}
