import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';

/** Pictures in the README. */
const IN_README = ['overview-1280-light', 'gateway-1280-dark'];

const README_IMAGES = 'docs/images';
const root = resolve(__dirname, '../../..');

/**
 * Takes a picture of a page, if `PICTURES` asks for it: `docs/images` gets those in the README, any other folder, such as `test-results`, gets
 * all of them, for a person to look at.
 */
export async function takePicture(page: Page, name: string, fullPage: boolean): Promise<void> {
  const given = process.env['PICTURES'];
  if (given === undefined || (given === README_IMAGES && !IN_README.includes(name))) return;
  const folder = join(root, given);
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `console-${name}.png`), fullPage });
}
