import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench';
import { BenchDatabase } from '../support/bench-database';
import type { Rows } from '../support/rows';
import { BenchProcess } from '../support/bench-process';
import { fleetOf, startGateways, urlsOf } from '../support/gateways';
import type { Gateways } from '../support/gateways';
import { apiOf, startProduct } from '../support/product';
import { bareSessions, productSessions } from '../support/sessions';
import type { Sessions } from '../support/sessions';
import { p99Of } from './p99-of';

/** One side in the storm: its API, its sessions, and its gateways. */
export interface Hub {
  readonly process: BenchProcess;
  readonly url: string;
  readonly sessions: Sessions;
  readonly gateways: Gateways;
}

/** Two fleets on one database, and the prober of the API latency. */
export class StormStage {
  private constructor(
    private readonly bench: Bench,
    private readonly database: BenchDatabase,
    private readonly rows: Rows,
    private readonly gateways: { readonly product: Gateways; readonly baseline: Gateways },
    private readonly prober: BenchProcess,
  ) {}

  static async start(bench: Bench): Promise<StormStage> {
    const { size, dir, cleanUp } = bench;
    const database = await BenchDatabase.start(bench);
    const gateways = {
      product: await startGateways(bench, size.stormFleet),
      baseline: await startGateways(bench, size.stormFleet),
    };
    const rows = await database.fill(urlsOf(gateways.product, size.stormFleet), 'connected');
    const prober = cleanUp.keep(new BenchProcess('bench/storm/latency-prober.js', { dir }));
    return new StormStage(bench, database, rows, gateways, prober);
  }

  async launchProduct(variables: Record<string, string>): Promise<Hub> {
    const process = startProduct(this.bench, this.database, variables);
    const api = await apiOf(process);
    return { process, url: api.url, sessions: productSessions(api), gateways: this.gateways.product };
  }

  async launchBaseline(): Promise<Hub> {
    const { dir, cleanUp, size } = this.bench;
    const { url: databaseUrl, key } = this.database;
    const gateways = this.gateways.baseline;
    const args = { api: { databaseUrl, key: key.toString('base64') }, fleet: fleetOf(gateways, size.stormFleet) };
    const process = cleanUp.keep(new BenchProcess('bench/baselines/bare-hub.js', { dir, args }));
    return { process, url: await process.listens(), sessions: bareSessions(process), gateways };
  }

  /** The 99th percentile of GET by id while `goOn` runs, in milliseconds. @throws Error if a request fails */
  async p99While(hub: Hub, goOn: () => Promise<unknown>): Promise<number> {
    return p99Of(this.prober, { url: hub.url, gatewayIds: this.rows.gatewayIds, suffix: '' }, goOn);
  }

  p99Quiet(hub: Hub, seconds: number): Promise<number> {
    return this.p99While(hub, () => sleep(seconds * 1000));
  }
}
