import { setTimeout as sleep } from 'node:timers/promises';
import { print } from '../../src/cli/run-command';
import { chromiumPath, launchChromium } from '../../test/support/chromium';
import { parseExposition } from '../../test/support/exposition';
import type { Bench } from '../bench';
import type { Figure } from '../figure';
import { BenchDatabase } from '../support/bench-database';
import { startGateways, urlsOf } from '../support/gateways';
import type { Gateways } from '../support/gateways';
import { apiOf, startProduct, UNPACED } from '../support/product';
import { productSessions, untilConnected } from '../support/sessions';
import { openList } from './list-page';
import type { ListPage } from './list-page';

/** Rows of the list of gateways. Half of the drops are among them, so that what is seen changes. */
const SHOWN = 50;
const SECOND_MS = 1000;
/** A gateway that is dropped every few seconds must not wait longer each time. */
const TRUSTING = { STABLE_AFTER_MS: '1000' };

/** Measures the list of gateways in a real browser: its first rows, and a fleet that is never at rest. */
export async function consolePart(bench: Bench): Promise<Figure[]> {
  if (chromiumPath === null) {
    print('It is skipped: install Chromium, or name one in CHROMIUM_PATH.');
    return [];
  }
  const { consoleFleet: count, settle } = bench.size;
  const { gateways, url } = await launch(bench);
  const browser = await launchChromium();
  bench.cleanUp.add(() => browser.close());
  await sleep(settle * SECOND_MS); // The service has just connected the fleet, and the browser loads pages of its own when it starts.
  const page = await openList(browser, url, Math.min(SHOWN, count));
  await sleep(settle * SECOND_MS);
  const restless = await watchMoves(bench, page, gateways, url);
  await browser.close();

  const list = `the list of ${count} gateways`;
  const { requests, nodes, firstRowsMs } = page.opening;
  return [
    { id: 'console.requests', title: `requests until ${list} has rows`, unit: '', count: requests },
    { id: 'console.nodes', title: 'nodes of the page then', unit: '', count: nodes },
    { id: 'console.first-rows', title: 'time until then', unit: 'ms', count: firstRowsMs },
    ...restless,
  ];
}

/** Starts the service with a fleet, and waits until all of it is connected. */
async function launch(bench: Bench): Promise<{ gateways: Gateways; url: string }> {
  const { consoleFleet: count } = bench.size;
  const database = await BenchDatabase.start(bench);
  const gateways = await startGateways(bench, count);
  await database.fill(urlsOf(gateways, count), 'connected');
  const product = startProduct(bench, database, { ...UNPACED, ...TRUSTING });
  const api = await apiOf(product);
  await untilConnected(productSessions(api), count);
  return { gateways, url: api.url };
}

/** Drops some gateways each second, each of which moves four times until it is connected again, and watches the page. */
async function watchMoves({ size }: Bench, page: ListPage, gateways: Gateways, url: string): Promise<Figure[]> {
  const { consoleFleet: count, drops, dropping } = size;
  const [before, movesBefore, beganAt] = [await page.usage(), await movesOf(url), performance.now()];
  await page.watchTasks();
  for (let second = 0; second < dropping; second += 1) {
    const numbers = Array.from({ length: drops }, (_, index) => numberToDrop(second * drops + index, count));
    await Promise.all(numbers.map((number) => gateways.process.order(number, 'drop')));
    await sleep(Math.max(0, beganAt + (second + 1) * SECOND_MS - performance.now()));
  }
  const [tasks, after, moves] = [await page.longTasks(), await page.usage(), (await movesOf(url)) - movesBefore];
  const seconds = (performance.now() - beganAt) / SECOND_MS;
  const share = (100 * (after.cpuSeconds - before.cpuSeconds)) / seconds;
  return [
    {
      id: 'console.moves',
      title: `moves per second, for ${Math.round(seconds)} s`,
      unit: '/s',
      count: moves / seconds,
    },
    { id: 'console.long-tasks', title: 'tasks of more than 50 ms meanwhile', unit: '', count: tasks.length },
    { id: 'console.longest', title: 'the longest of them', unit: 'ms', count: Math.max(0, ...tasks) },
    { id: 'console.cpu', title: 'processor of the tab', unit: '%', count: share },
    { id: 'console.heap', title: 'growth of its heap', unit: 'MB', count: after.heapMb - before.heapMb },
  ];
}

/** Numbers of gateways begin at 1; the list is in their order. Every other drop is of one that is shown. */
function numberToDrop(drop: number, count: number): number {
  const turn = Math.floor(drop / 2);
  const shown = Math.min(SHOWN, count);
  return drop % 2 === 0 || count === shown ? 1 + (turn % shown) : 1 + shown + (turn % (count - shown));
}

/** State changes since the start of the service. */
async function movesOf(url: string): Promise<number> {
  const response = await fetch(`${url}/metrics`);
  const metrics = parseExposition(await response.text());
  const { samples } = metrics.get('gateway_hub_connection_moves_total') ?? { samples: [] };
  return samples.reduce((sum, { value }) => sum + value, 0);
}
