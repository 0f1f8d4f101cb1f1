import type { Bench } from '../bench';
import { BenchDatabase } from '../support/bench-database';
import type { Rows } from '../support/rows';
import { BenchProcess } from '../support/bench-process';
import { LoadSender } from '../support/load-sender';
import { apiOf, startProduct } from '../support/product';
import type { Round } from '../support/rounds';

/** Both programs on one database, and the process that sends them requests. */
export class ApiStage {
  private constructor(
    private readonly database: BenchDatabase,
    readonly loads: LoadSender,
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
    return new ApiStage(database, new LoadSender(generator), rows, urls);
  }

  /** Replaces all rows with `gateways` gateways. Only lists read them; the programs' state in memory does not change. */
  async refill(gateways: number): Promise<void> {
    await this.database.fill(addresses(gateways), 'disconnected');
  }
}

function addresses(count: number): string[] {
  return Array.from({ length: count }, () => 'ws://127.0.0.1:9');
}
