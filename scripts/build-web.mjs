// Builds the console into dist/web: a client from openapi.json, then the pages, then compressed copies of their files. Fails when the
// first load has outgrown its budget.
import { createClient } from '@hey-api/openapi-ts';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';
import { publish } from './publish-web.mjs';

const OUT = 'dist/web';
/** Where it is built: a service that runs meanwhile serves the files of the last build. */
const NEXT = 'dist/web.next';
/** Bytes of the first load as Brotli sends them: what index.html names, without the pages that are loaded on demand. */
const BUDGET = { js: 130_000, css: 12_000 };

await createClient({
  input: 'openapi.json',
  output: 'web/.generated',
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk', '@tanstack/react-query'],
  logs: { level: 'silent' },
});
if (process.argv.includes('--client')) process.exit();

await build({ configFile: 'web/vite.config.mts', logLevel: 'warn' });
const sizes = await compress(join(NEXT, 'assets'));
await assertBudget(sizes);
await publish(NEXT, OUT);

/** Writes a Brotli and a gzip copy beside each file. Returns the sizes of the Brotli copies by file name. */
async function compress(folder) {
  const names = await readdir(folder);
  const sizes = await Promise.all(
    names.map(async (name) => {
      const contents = await readFile(join(folder, name));
      const options = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
      const [small, smallish] = await Promise.all([
        promisify(brotliCompress)(contents, options),
        promisify(gzip)(contents, { level: 9 }),
      ]);
      await Promise.all([
        writeFile(join(folder, `${name}.br`), small),
        writeFile(join(folder, `${name}.gz`), smallish),
      ]);
      return [name, small.length];
    }),
  );
  return new Map(sizes);
}

async function assertBudget(sizes) {
  const page = await readFile(join(NEXT, 'index.html'), 'utf8');
  const first = [...page.matchAll(/assets\/([^"]+)"/g)].map(([, name]) => name);
  for (const [kind, budget] of Object.entries(BUDGET)) {
    const bytes = first.filter((name) => name.endsWith(`.${kind}`)).reduce((sum, name) => sum + sizes.get(name), 0);
    if (bytes === 0) throw new Error(`index.html names no file of kind ${kind}`);
    if (bytes > budget)
      throw new Error(`the console's first load has ${bytes} bytes of ${kind}, ${budget} are allowed`);
    if (process.argv.includes('--sizes')) console.log(`${kind}: ${bytes} of ${budget} bytes`);
  }
}
