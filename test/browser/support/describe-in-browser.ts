import { chromiumPath } from '../../support/chromium';

/**
 * `describe`, which is skipped with one plain line on a machine without a browser. With `CI` set, the suite fails there instead:
 * otherwise nobody would notice that it never runs.
 */
export const describeInBrowser: jest.Describe = chromiumPath !== null || process.env['CI'] ? describe : skipped();

function skipped(): jest.Describe {
  process.stdout.write('The browser suites are skipped: install Chromium, or name one in CHROMIUM_PATH.\n');
  return describe.skip;
}
