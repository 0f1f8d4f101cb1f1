import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { eventually } from '../../support/eventually';
import { takePicture } from './pictures';
import { Visitor } from './visitor';

/** Makes `axe` known in a page. */
export const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** A page: what its picture is called, its path below `/console/`, and its heading. */
export type PageToInspect = readonly [name: string, path: string, title: string | RegExp];

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** A last resort for a test that inspects many pages, on a busy machine. */
export const INSPECTION_MS = 120_000;
/** What each page is looked at in: both widths and both themes. The colours of a theme do not depend on the width. */
const VIEWS = [
  [1280, 'light'],
  [390, 'dark'],
] as const;

/**
 * Expects that axe finds nothing serious on any of these pages, in each view, and that none scrolls sideways. Takes
 * pictures if it is asked to.
 */
export async function inspectPages(browser: Browser, origin: string, pages: readonly PageToInspect[]): Promise<void> {
  const guest = await Visitor.arrive(browser, origin);
  for (const [name, path, title] of pages) {
    await guest.open(path);
    await guest.page.getByRole('heading', { level: 1, name: title }).waitFor();
    await eventually(async () => expect(await guest.page.getByRole('status', { name: 'Loading' }).count()).toBe(0));
    await guest.page.evaluate(AXE);
    for (const [width, theme] of VIEWS) await inspectAt(guest.page, name, width, theme);
  }
  await guest.leave();
  expect(guest.complaints).toEqual([]);
}

async function inspectAt(page: Page, name: string, width: number, theme: 'light' | 'dark'): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme: theme });
  expect([name, width, theme, await seriousProblems(page)]).toEqual([name, width, theme, []]);
  expect([name, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([name, width]);
  for (const each of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: each });
    await takePicture(page, `${name}-${width}-${each}`, width < 400);
  }
}

/** What axe finds on a page, if it is serious. */
export async function seriousProblems(page: Page): Promise<string[]> {
  const violations = await page.evaluate<Violation[]>(
    "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
}
