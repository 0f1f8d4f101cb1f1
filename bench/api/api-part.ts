import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench';
import { measureFigure } from '../figure';
import type { Figure } from '../figure';
import { BenchDatabase } from '../support/bench-database';
import type { Rows } from '../support/bench-database';
import { BenchProcess } from '../support/bench-process';
import type { Load, LoadReport } from '../support/load-generator';
import { apiOf, startProduct } from '../support/product';
import { SIDES } from '../support/rounds';
import type { Side } from '../support/rounds';
import type { RequestName } from './requests';
import { requireSameAnswers } from './same-answers';

/** Creating is the last: the table grows under those that come after it. */
const REQUESTS: readonly [name: RequestName, title: string][] = [
  ['get', 'GET by id'],
  ['list', 'list of 20'],
  ['filtered-list', 'list of 20, of one factory'],
  ['status', 'status'],
  ['connections', '/api/connections, 20 of them'],
  ['health', '/api/health'],
  ['update', 'update'],
  ['create', 'create'],
];

/** For what the other side is still busy with. */
const PAUSE_MS = 100;

/** Requests a second, of one kind after the other. */
export async function apiPart(bench: Bench): Promise<Figure[]> {
  const { size, dir, cleanUp } = bench;
  const database = await BenchDatabase.start(bench);
  const urls = Array.from({ length: size.apiGateways }, () => 'ws://127.0.0.1:9');
  const rows = await database.fill(urls, 'disconnected');

  // What the baseline writes would be news to the product, which has no such neighbour where it is used.
  const product = startProduct(bench, database, { RECONCILE_INTERVAL_MS: '3600000' });
  const args = { databaseUrl: database.url, key: database.key.toString('base64') };
  const baseline = cleanUp.keep(new BenchProcess('bench/baselines/api-server.js', { dir, args }));
  const generator = cleanUp.keep(new BenchProcess('bench/support/load-generator.js', { dir }));
  const targets = { product: (await apiOf(product)).url, baseline: await baseline.listens() };

  await requireSameAnswers(targets, rows);

  const figures: Figure[] = [];
  for (const [request, title] of REQUESTS) {
    const measure = (side: Side, seconds: number) => load(generator, { url: targets[side], request, rows, seconds });
    for (const side of SIDES) await measure(side, size.warmUp);
    const subject = { id: `api.${request}`, title, unit: 'requests/s' };
    figures.push(await measureFigure(subject, size.rounds, (side) => measure(side, size.apiRound)));
  }
  return figures;
}

/** Answers a second. @throws Error when a request was not answered with 2xx */
async function load(generator: BenchProcess, what: Load & { rows: Rows }): Promise<number> {
  const { perSecond, refused, unanswered } = await generator.ask<LoadReport>(what);
  if (refused + unanswered > 0) {
    throw new Error(`${what.request} on ${what.url}: ${refused} answers were not 2xx, ${unanswered} never came`);
  }
  await sleep(PAUSE_MS);
  return perSecond;
}
