// Empties dist before the compiler writes into it, so that nothing of deleted sources stays. The console is left: a service that runs
// serves its files from there, and `publish-web.mjs` exchanges them without a gap.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const OUT = 'dist';
const KEPT = 'web';

const names = await readdir(OUT).catch(() => []);
await Promise.all(names.filter((name) => name !== KEPT).map((name) => rm(join(OUT, name), { recursive: true })));
