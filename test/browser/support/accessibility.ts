import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { eventually } from '../../support/eventually';
import { takePicture } from './pictures';
import type { Visitor } from './visitor';

/** Makes `axe` known in a page. */
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

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
export async function inspectPages(visitor: Visitor, pages: readonly PageToInspect[]): Promise<void> {
  const { page } = visitor;
  await visitor.open();
  for (const [name, path, title] of pages) {
    await visitor.follow(path);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await eventually(async () => expect(await page.getByRole('status', { name: 'Loading' }).count()).toBe(0));
    for (const [width, theme, options] of VIEWS) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: theme });
      const view = [name, width, theme];
      expect([...view, await seriousProblems(page, options)]).toEqual([...view, []]);
      expect([...view, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([...view, width]);
      await takePicture(page, view.join('-'), width < 400);
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
}

/** What axe finds on a page, if it is serious. @param options of axe, as JavaScript */
export async function seriousProblems(page: Page, options = EVERYTHING): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE);
  const violations = await page.evaluate<Violation[]>(`axe.run(${options}).then(({ violations }) => violations)`);
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
}
