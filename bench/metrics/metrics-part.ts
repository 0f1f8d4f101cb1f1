import { setTimeout as sleep } from 'node:timers/promises';
import { parseExposition } from '../../test/support/exposition';
import type { Bench } from '../bench';
import type { Figure } from '../figure';
import { BenchDatabase } from '../support/bench-database';
import type { BenchProcess } from '../support/bench-process';
import { startGateways, urlsOf } from '../support/gateways';
import { apiOf, startProduct, UNPACED } from '../support/product';
import { median } from '../support/ratio';
import { productSessions, untilConnected } from '../support/sessions';
import type { Used } from '../support/used';
import { cpuOfCounting } from './cpu-of-counting';

/** The text is made at most once a second: a scrape that comes earlier costs nothing. */
const APART_MS = 1100;

/** Measures what a scrape of a connected fleet costs, and what each request costs to be counted. */
export async function metricsPart(bench: Bench): Promise<Figure[]> {
  const { size } = bench;
  const product = await launch(bench);
  const url = await product.listens();
  const scrapes: Scrape[] = [];
  while (scrapes.length < size.scrapes) scrapes.push(await scrape(product, url));
  await product.stop();

  const series = [...parseExposition(scrapes.at(-1)?.text ?? '').values()].flatMap(({ samples }) => samples).length;
  const fleet = `${size.metricsFleet} gateways in ${size.metricsFactories} factories`;
  const middle = (read: (scrape: Scrape) => number): number => median(scrapes.map(read));
  return [
    { id: 'metrics.loop', title: `event loop for a scrape, ${fleet}`, unit: 'ms', count: middle(({ loop }) => loop) },
    { id: 'metrics.cpu', title: 'processor time of it, all threads', unit: 'ms', count: middle(({ cpu }) => cpu) },
    { id: 'metrics.series', title: 'series in it', unit: '', count: series },
    { id: 'metrics.bytes', title: 'size of its text', unit: 'B', count: middle(({ text }) => text.length) },
    { id: 'metrics.request', title: 'counting a request', unit: 'µs', count: cpuOfCounting(size.countedRequests) },
  ];
}

/** Starts the service with a fleet, and waits until all of it is connected. */
async function launch(bench: Bench): Promise<BenchProcess> {
  const { metricsFleet: count, metricsFactories: factories, settle } = bench.size;
  const database = await BenchDatabase.start(bench);
  const urls = urlsOf(await startGateways(bench, count), count);
  await database.fill(urls, 'connected', { factories, withGateways: factories });
  const product = startProduct(bench, database, UNPACED);
  await untilConnected(productSessions(await apiOf(product)), count);
  await sleep(settle * 1000);
  return product;
}

interface Scrape extends Used {
  readonly text: string;
}

/** What the process uses between two scrapes is taken off: it goes on during a scrape. */
async function scrape(product: BenchProcess, url: string): Promise<Scrape> {
  const rest = await stopwatch(product, () => sleep(APART_MS));
  let text = '';
  const busy = await stopwatch(product, async () => {
    const response = await fetch(`${url}/metrics`);
    text = await response.text();
    if (response.status !== 200) throw new Error(`the metrics answered ${response.status}: ${text}`);
  });
  const share = busy.ms / rest.ms;
  return { text, loop: busy.loop - share * rest.loop, cpu: busy.cpu - share * rest.cpu };
}

/** What the process uses while something is done, and how many milliseconds that takes. */
async function stopwatch(product: BenchProcess, work: () => Promise<unknown>): Promise<Used & { readonly ms: number }> {
  const [before, beganAt] = [await product.ask<Used>('used'), performance.now()];
  await work();
  const [after, endedAt] = [await product.ask<Used>('used'), performance.now()];
  return { loop: after.loop - before.loop, cpu: after.cpu - before.cpu, ms: endedAt - beganAt };
}
