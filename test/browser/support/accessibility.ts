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

/** For a test that inspects pages: the whole suite has a time limit, this one none of its own. */
export const INSPECTION_MS = 120_000;
/** Of the window, in pixels: a usual one, and a phone. */
const WIDTHS = [1280, 390] as const;
/** What can differ between the themes. */
const COLOURS = "{ runOnly: ['color-contrast'], resultTypes: ['violations'] }";
const EVERYTHING = "{ resultTypes: ['violations'] }";

/**
 * Expects that axe finds nothing serious on any of these pages, at both widths and in both themes, and that none scrolls sideways. Takes
 * pictures if it is asked to.
 */
export async function inspectPages(browser: Browser, origin: string, pages: readonly PageToInspect[]): Promise<void> {
  const guest = await Visitor.arrive(browser, origin);
  for (const [name, path, title] of pages) {
    await guest.open(path);
    await guest.page.getByRole('heading', { level: 1, name: title }).waitFor();
    await eventually(async () => expect(await guest.page.getByRole('status', { name: 'Loading' }).count()).toBe(0));
    await guest.page.evaluate(AXE);
    for (const width of WIDTHS) await inspectAt(guest, name, width);
  }
  await guest.leave();
  expect(guest.complaints).toEqual([]);
}

async function inspectAt({ page }: Visitor, name: string, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    const problems = await seriousProblems(page, theme === 'light' ? EVERYTHING : COLOURS);
    expect([name, width, theme, problems]).toEqual([name, width, theme, []]);
    await takePicture(page, `${name}-${width}-${theme}`, width < 400);
  }
  expect([name, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([name, width]);
}

/** What axe finds on a page, if it is serious. @param options of axe, as JavaScript */
export async function seriousProblems(page: Page, options = EVERYTHING): Promise<string[]> {
  const violations = await page.evaluate<Violation[]>(`axe.run(${options}).then(({ violations }) => violations)`);
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
}
