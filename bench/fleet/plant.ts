import type { Bench } from '../bench';
import { BenchDatabase } from '../support/bench-database';
import { BenchProcess } from '../support/bench-process';
import { fleetOf, startGateways, urlsOf } from '../support/gateways';
import type { Gateways } from '../support/gateways';
import { apiOf, startProduct, UNPACED } from '../support/product';
import type { Round, Side } from '../support/rounds';
import { bareSessions, productSessions } from '../support/sessions';
import type { Sessions } from '../support/sessions';

/** One running side. */
export interface Hub {
  readonly process: BenchProcess;
  readonly sessions: Sessions;
}

/** A database and two fleets. Starts either side on a given number of gateways. */
export class Plant {
  private constructor(
    private readonly bench: Bench,
    readonly database: BenchDatabase,
    private readonly gateways: Round<Gateways>,
  ) {}

  static async start(bench: Bench, largest: number): Promise<Plant> {
    const database = await BenchDatabase.start(bench);
    const product = await startGateways(bench, largest);
    return new Plant(bench, database, { product, baseline: await startGateways(bench, largest) });
  }

  /** Stores the first `count` gateways for the product. */
  async populate(count: number): Promise<void> {
    await this.database.fill(urlsOf(this.gateways.product, count), 'connected');
  }

  /** Starts one side. `count` is for the baseline; the product reads what `populate` stored. */
  async launch(side: Side, count: number): Promise<Hub> {
    const { dir, cleanUp } = this.bench;
    if (side === 'product') {
      const process = startProduct(this.bench, this.database, UNPACED);
      return { process, sessions: productSessions(await apiOf(process)) };
    }
    const args = fleetOf(this.gateways.baseline, count);
    const process = cleanUp.keep(new BenchProcess('bench/baselines/session-client.js', { dir, args }));
    return { process, sessions: bareSessions(process) };
  }
}
