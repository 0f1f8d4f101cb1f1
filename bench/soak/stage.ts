import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import type { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import { DEFAULT_LOGIN } from '../../simulator/gateway-options';
import { bodyOf } from '../../test/support/api-client';
import { FleetProcess } from '../../test/support/fleet-process';
import { inParallel } from '../../test/support/in-parallel';
import { processesAbout } from '../../test/support/program';
import { ServiceProcess } from '../../test/support/service-process';
import type { Patient } from './troubles';

const NOTIFY_EVERY_MS = '2000';
const CREATES_AT_ONCE = 10;

/** A database, a simulated fleet and the service, each in its own process. */
export class Stage {
  private constructor(
    readonly dataDir: string,
    readonly postgres: EmbeddedPostgres,
    readonly fleet: FleetProcess,
    readonly service: ServiceProcess,
  ) {}

  /** @throws Error if one of them does not start; nothing is left running then */
  static async start(count: number): Promise<Stage> {
    const dataDir = await mkdtemp(join(tmpdir(), 'gateway-hub-soak-'));
    const undo: (() => Promise<void>)[] = [() => rm(dataDir, { recursive: true, force: true })];
    try {
      const postgres = await startEmbeddedPostgres({ dataDir, ephemeral: true });
      undo.push(() => postgres.stop());
      const fleet = await FleetProcess.start(count, ['--notify-every', NOTIFY_EVERY_MS]);
      undo.push(() => fleet.program.destroy());
      // As in production: default settings, except for the network of the gateways.
      const variables = {
        NODE_ENV: 'production',
        AUTH: 'off',
        HOST: '127.0.0.1',
        GATEWAY_NETWORKS: '127.0.0.0/8',
        DATABASE_URL: postgres.url,
        ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      };
      const service = await ServiceProcess.start(variables, resolve(__dirname, 'probe.js'));
      return new Stage(dataDir, postgres, fleet, service);
    } catch (error) {
      for (const step of undo.reverse()) await step();
      throw error;
    }
  }

  /** Creates a gateway for each simulated one. */
  async createGateways(): Promise<Patient[]> {
    const { api } = this.service;
    const { email, password } = DEFAULT_LOGIN;
    const factory_id = await this.service.createFactory();
    const patients: Patient[] = [];
    await inParallel(await this.fleet.members(), CREATES_AT_ONCE, async ({ number, url }) => {
      const name = `Gateway ${number}`;
      const body = { factory_id, gateway_id: `GW-${number}`, name, url, email, password };
      const { id } = await bodyOf<{ id: string }>(api.post('/api/gateways', body), 201);
      patients.push({ id, number, password });
    });
    return patients;
  }

  /** Stops the service as an operator does, then the rest. Returns the problems found, in words. */
  async stop(): Promise<string[]> {
    const problems: string[] = [];
    const { program } = this.service;
    program.kill('SIGTERM');
    const code = await program.exit();
    if (code !== 0) problems.push(`it ended with ${String(code)} on SIGTERM`);
    const open = (await this.fleet.members()).filter(({ openConnections }) => openConnections > 0);
    if (open.length > 0) problems.push(`it left ${open.length} sockets`);

    await this.destroy();
    const left = processesAbout(this.dataDir);
    if (left.length > 0) problems.push(`processes are left: ${left.join('; ')}`);
    return problems;
  }

  /** Stops everything, whatever happened. Safe to call again. */
  async destroy(): Promise<void> {
    await this.service.program.destroy();
    await this.fleet.program.destroy();
    await this.postgres.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
