import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { eventually } from '../../support/eventually';
import { takePicture } from './pictures';
import { Visitor } from './visitor';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** A page: what its picture is called, its path below `/console/`, and its heading. */
export type PageToInspect = readonly [name: string, path: string, title: string | RegExp];

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Expects that axe finds nothing serious on any of these pages, in both themes, that none scrolls sideways, and takes pictures. */
export async function inspectPages(
  browser: Browser,
  origin: string,
  width: number,
  pages: readonly PageToInspect[],
): Promise<void> {
  const guest = await Visitor.arrive(browser, origin, width);
  for (const [name, path, title] of pages) {
    await guest.open(path);
    await guest.page.getByRole('heading', { level: 1, name: title }).waitFor();
    await eventually(async () => expect(await guest.page.getByRole('status', { name: 'Loading' }).count()).toBe(0));
    await guest.page.evaluate(AXE);
    for (const theme of ['light', 'dark'] as const) {
      await guest.page.emulateMedia({ colorScheme: theme });
      expect([name, theme, await seriousProblems(guest, theme)]).toEqual([name, theme, []]);
      await takePicture(guest.page, `${name}-${width}-${theme}`, width < 400);
    }
    expect([name, await guest.page.evaluate('document.documentElement.scrollWidth')]).toEqual([name, width]);
  }
  await guest.leave();
  expect(guest.complaints).toEqual([]);
}

/** The dark theme differs in colours only. */
const RULES = { light: '', dark: "{ runOnly: ['color-contrast'] }" } as const;

async function seriousProblems({ page }: Visitor, theme: keyof typeof RULES): Promise<string[]> {
  const violations = await page.evaluate<Violation[]>(`axe.run(${RULES[theme]}).then(({ violations }) => violations)`);
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
}
