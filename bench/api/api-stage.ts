import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench';
import { BenchDatabase } from '../support/bench-database';
import type { Rows } from '../support/rows';
import { BenchProcess } from '../support/bench-process';
import type { Load, LoadReport } from '../support/load-generator';
import { apiOf, startProduct } from '../support/product';
import type { Round } from '../support/rounds';

/** Time for a side to finish work that follows its answers. */
const PAUSE_MS = 50;

/** Both programs on one database, and the process that sends them requests. */
export class ApiStage {
  private constructor(
    private readonly database: BenchDatabase,
    private readonly generator: BenchProcess,
    readonly rows: Rows,
    readonly urls: Round<string>,
  ) {}

  static async start(bench: Bench): Promise<ApiStage> {
    const { size, dir, cleanUp } = bench;
    const database = await BenchDatabase.start(bench);
    const rows = await database.fill(addresses(size.apiGateways), 'disconnected');
    // Effectively off: otherwise the product would pick up what the baseline writes, which does not happen in production.
    const product = startProduct(bench, database, { RECONCILE_INTERVAL_MS: '3600000' });
    const args = { databaseUrl: database.url, key: database.key.toString('base64') };
    const baseline = cleanUp.keep(new BenchProcess('bench/baselines/api-server.js', { dir, args }));
    const generator = cleanUp.keep(new BenchProcess('bench/support/load-generator.js', { dir }));
    const urls = { product: (await apiOf(product)).url, baseline: await baseline.listens() };
    return new ApiStage(database, generator, rows, urls);
  }

  /** Replaces all rows with `gateways` gateways. Only lists read them; the programs' state in memory does not change. */
  async refill(gateways: number): Promise<void> {
    await this.database.fill(addresses(gateways), 'disconnected');
  }

  /** Answers per second. @throws Error if a request is not answered with 2xx */
  async perSecond(load: Load): Promise<number> {
    const { perSecond, refused, unanswered } = await this.generator.ask<LoadReport>(load);
    if (refused + unanswered > 0) {
      const what = 'kind' in load.requests ? load.requests.kind : load.requests[0]?.path;
      throw new Error(`${what} on ${load.url}: ${refused} answers were not 2xx, ${unanswered} never came`);
    }
    await sleep(PAUSE_MS);
    return perSecond;
  }
}

function addresses(count: number): string[] {
  return Array.from({ length: count }, () => 'ws://127.0.0.1:9');
}
