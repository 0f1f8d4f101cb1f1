import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';

/** Pictures in the README: `npm run pictures` writes them. */
const IN_README = ['overview-1280-light', 'gateway-1280-dark'];

const root = resolve(__dirname, '../../..');
const given = process.env['PICTURES'];

/** Writes what the page looks like to `test-results`, for a person to look at. With `PICTURES`, only what the README shows, and there. */
export async function takePicture(page: Page, name: string, fullPage: boolean): Promise<void> {
  if (given !== undefined && !IN_README.includes(name)) return;
  const folder = join(root, given ?? 'test-results');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `console-${name}.png`), fullPage });
}
