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
/** There are no frames, and no rule that is on by default needs the text of the styles. */
const SCOPE = "resultTypes: ['violations'], iframes: false, preload: false";
/** All that axe knows. */
const EVERYTHING = `{ ${SCOPE} }`;
/** What can differ between the themes, which have the same elements. */
const COLOURS = `{ ${SCOPE}, runOnly: ['color-contrast', 'link-in-text-block'] }`;
/** What each page is looked at in, and what axe looks for: everything at both widths, and colours in both themes at each. */
const VIEWS = [
  [1280, 'light', EVERYTHING],
  [1280, 'dark', COLOURS],
  [390, 'dark', EVERYTHING],
  [390, 'light', COLOURS],
] as const;

/**
 * Expects that axe finds nothing serious on any of these pages, in each view, and that none scrolls sideways. Takes
 * pictures if it is asked to.
 */
export async function inspectPages(browser: Browser, origin: string, pages: readonly PageToInspect[]): Promise<void> {
  const guest = await Visitor.arrive(browser, origin);
  await guest.open('nowhere');
  await guest.page.evaluate(AXE);
  for (const [name, path, title] of pages) {
    await guest.follow(path); // Loading the console and axe again takes longer than the inspection of a page.
    await guest.page.getByRole('heading', { level: 1, name: title }).waitFor();
    await eventually(async () => expect(await guest.page.getByRole('status', { name: 'Loading' }).count()).toBe(0));
    for (const [width, theme, options] of VIEWS) {
      await guest.page.setViewportSize({ width, height: 800 });
      await guest.page.emulateMedia({ colorScheme: theme });
      const view = [name, width, theme];
      expect([...view, await seriousProblems(guest.page, options)]).toEqual([...view, []]);
      expect([...view, await guest.page.evaluate('document.documentElement.scrollWidth')]).toEqual([...view, width]);
      await takePicture(guest.page, view.join('-'), width < 400);
    }
  }
  await guest.leave();
  expect(guest.complaints).toEqual([]);
}

/** What axe finds on a page, if it is serious. @param options of axe, as JavaScript */
export async function seriousProblems(page: Page, options = EVERYTHING): Promise<string[]> {
  const violations = await page.evaluate<Violation[]>(`axe.run(${options}).then(({ violations }) => violations)`);
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
}
