import type { Browser, CDPSession, Page } from 'playwright-core';

/** For a page on a busy machine. */
const PATIENCE_MS = 60_000;

/** What the page needed until it had rows. */
interface Opening {
  /** All requests: the page, its files, the stream and the API. */
  readonly requests: number;
  readonly nodes: number;
  readonly firstRowsMs: number;
}

/** What the tab has used so far. */
interface Usage {
  /** Of the process of the tab. */
  readonly cpuSeconds: number;
  /** After a collection. */
  readonly heapMb: number;
}

/** The list of gateways in a tab that is visible. */
export class ListPage {
  constructor(
    private readonly page: Page,
    private readonly devTools: CDPSession,
    readonly opening: Opening,
  ) {}

  async usage(): Promise<Usage> {
    await this.devTools.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.devTools.send('Performance.getMetrics');
    const valueOf = (wanted: string): number => {
      const metric = metrics.find(({ name }) => name === wanted);
      if (!metric) throw new Error(`the browser has no metric ${wanted}`);
      return metric.value;
    };
    return { cpuSeconds: valueOf('ProcessTime'), heapMb: valueOf('JSHeapUsedSize') / 1_000_000 };
  }

  /** Begins to note the tasks that keep the page busy for more than 50 ms. */
  async watchTasks(): Promise<void> {
    if ((await this.page.evaluate('document.visibilityState')) !== 'visible')
      throw new Error('the page is not visible');
    await this.page.evaluate(`window.tasks = [];
      new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => duration)))
        .observe({ type: 'longtask' })`);
  }

  /** How long each of them took, in milliseconds. */
  longTasks(): Promise<number[]> {
    return this.page.evaluate<number[]>('window.tasks');
  }
}

/** Opens the list in a browser that has nothing of it in its cache, and waits for this many rows. */
export async function openList(browser: Browser, url: string, rows: number): Promise<ListPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  let requests = 0;
  page.on('request', () => (requests += 1));
  const devTools = await context.newCDPSession(page);
  await devTools.send('Performance.enable');
  const beganAt = performance.now();
  await page.goto(`${url}/console/gateways`, { waitUntil: 'commit' });
  await page
    .locator('tbody tr')
    .nth(rows - 1)
    .waitFor();
  const opening = {
    firstRowsMs: performance.now() - beganAt,
    requests,
    nodes: await page.evaluate<number>(`document.querySelectorAll('*').length`),
  };
  return new ListPage(page, devTools, opening);
}
