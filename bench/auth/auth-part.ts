import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measureLoadRounds } from '../api/measure-loads';
import type { Bench } from '../bench';
import { figureOf } from '../figure';
import type { Figure } from '../figure';
import { BenchDatabase } from '../support/bench-database';
import { BenchProcess } from '../support/bench-process';
import { LoadSender } from '../support/load-sender';
import { apiOf, startProduct } from '../support/product';
import { SIDES } from '../support/rounds';
import type { Round } from '../support/rounds';
import type { Rows } from '../support/rows';
import { measureIdleStatements } from './idle-statements';
import { KEYS, OFF } from './modes';
import type { Mode } from './modes';

const CONNECTIONS = 32;

/** What is compared: an answer from memory, a row, a page, a change. */
const KINDS = ['status', 'get-gateway', 'list-gateways', 'update-gateway'] as const;

/**
 * Measures what API keys cost: the service with `AUTH=keys`, whose every request carries a key, against the service with `AUTH=off`. Each has
 * a database of its own, since only one service of a database runs its sessions.
 */
export async function authPart(bench: Bench): Promise<Figure[]> {
  const figures = await measureRequests(bench);
  for (const mode of [KEYS, OFF]) figures.push(await measureIdleStatements(bench, mode));
  return figures;
}

/** Two processes of one build differ by up to a tenth, so several of each take part. */
async function measureRequests(bench: Bench): Promise<Figure[]> {
  const { size, dir, cleanUp } = bench;
  const sender = new LoadSender(cleanUp.keep(new BenchProcess('bench/support/load-generator.js', { dir })));
  const plants = { product: await Plant.build(bench, KEYS), baseline: await Plant.build(bench, OFF) };

  const rounds = new Map<string, Round<number>[]>(KINDS.map((kind) => [kind, []]));
  for (let pair = 0; pair < size.authPairs; pair += 1) {
    const sides = { product: await plants.product.start(), baseline: await plants.baseline.start() };
    for (const [kind, measured] of rounds) {
      const loads = { product: sides.product.load(kind), baseline: sides.baseline.load(kind) };
      measured.push(...(await measureLoadRounds(sender, loads, size)));
    }
    for (const side of SIDES) await sides[side].process.stop();
  }
  return Array.from(rounds, ([kind, measured]) =>
    figureOf({ id: `auth.${kind}`, title: `${kind}, with keys against without`, unit: 'requests/s' }, measured),
  );
}

/** A database with gateways, on which the service can be started in one mode. */
class Plant {
  private constructor(
    private readonly bench: Bench,
    private readonly mode: Mode,
    private readonly database: BenchDatabase,
    private readonly rows: Rows,
  ) {}

  static async build(bench: Bench, mode: Mode): Promise<Plant> {
    const dir = join(bench.dir, mode.name);
    await mkdir(dir);
    const own = { ...bench, dir };
    const database = await BenchDatabase.start(own);
    const urls = Array.from({ length: bench.size.apiGateways }, () => 'ws://127.0.0.1:9');
    return new Plant(own, mode, database, await database.fill(urls, 'disconnected'));
  }

  async start() {
    const { variables, headers } = this.mode;
    const process = startProduct(this.bench, this.database, variables);
    const { url } = await apiOf(process);
    const load = (kind: string) => ({ url, headers, connections: CONNECTIONS, requests: { kind, rows: this.rows } });
    return { process, load };
  }
}
