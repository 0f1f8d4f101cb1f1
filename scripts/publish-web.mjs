// Brings a build of the console to where a running service serves it from. At no moment a file is missing there that a page may ask for:
// files are added first, then the page that names them is exchanged, and only then are old files deleted.
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How long the files of earlier builds are kept: pages that are open, and a service that runs, ask for them. */
const KEPT_MS = 86_400_000;

/**
 * @param next the folder of the build: `index.html`, and `assets`, whose names contain a hash of what is in them. It is gone afterwards
 * @param out where it is served from, on the same file system
 */
export async function publish(next, out) {
  const assets = join(out, 'assets');
  await mkdir(assets, { recursive: true });
  const names = await readdir(join(next, 'assets'));
  for (const name of names) await rename(join(next, 'assets', name), join(assets, name));
  await rename(join(next, 'index.html'), join(out, 'index.html'));
  await rm(next, { recursive: true });
  await deleteOld(assets, new Set(names));
}

async function deleteOld(folder, present) {
  for (const name of await readdir(folder)) {
    if (present.has(name)) continue;
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > KEPT_MS) await rm(join(folder, name));
  }
}
