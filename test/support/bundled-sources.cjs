// A suite loads every module anew, and most load all of the service. Jest takes longer to find, read and compile seven hundred files one by
// one than the tests of most suites take. So the suites load one file with all of them, which still evaluates a module when it is first
// required.
const { createHash } = require('node:crypto');
const {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { basename, dirname, join, relative, resolve } = require('node:path');
const swcOptions = require('./swc-options.cjs');

const root = resolve(__dirname, '../..');
const FOLDERS = ['migrations', 'simulator', 'src', 'test'];
const MODULE = /^(migrations|simulator|src|test(?!.fixtures))\/.*(?<!\.spec|\.d)\.ts$/;
const DAY_MS = 86_400_000;
const cache = join(root, 'node_modules/.cache/bundled-sources');

/** Makes the bundle of the present sources, unless it is there. Tells the workers where it is in `BUNDLED_SOURCES`. */
async function bundleSources() {
  const sources = FOLDERS.flatMap(filesOf).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  const key = createHash('sha256')
    .update(readFileSync(__filename))
    .update(JSON.stringify([root, swcOptions, sources]));
  const file = join(cache, `${key.digest('hex').slice(0, 16)}.cjs`);
  if (!existsSync(file)) await write(file, sources);
  process.env['BUNDLED_SOURCES'] = file;
}

/** The modules of a folder, by their paths from the root. Specs, types and examples are none. */
function filesOf(folder) {
  if (!existsSync(join(root, folder))) return []; // Mutation tests copy only a part.
  const files = readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file));
  return files.filter((file) => MODULE.test(file)).sort();
}

async function write(file, sources) {
  const { transform } = require('@swc/core');
  const modules = await Promise.all(
    sources.map(async ({ path, text }) => {
      const options = { ...swcOptions, filename: join(root, path), sourceMaps: true, swcrc: false };
      return { path, ...(await transform(text, options)) };
    }),
  );
  const { code, map } = joined(modules, basename(file));
  const making = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.map`, JSON.stringify(map));
  writeFileSync(making, code);
  renameSync(making, file); // Another run may make the same.
  removeOld();
}

/** Removes the bundles of a day ago: each change of a source makes a new one, and only some of them are in use. */
function removeOld() {
  for (const name of readdirSync(cache)) {
    const file = join(cache, name);
    if (statSync(file).mtimeMs < Date.now() - DAY_MS) rmSync(file, { force: true });
  }
}

/**
 * A file with a function for each module, that exports a function to load one; and the source map of it. The map has lines only, because
 * each suite decodes it for its first error.
 */
function joined(modules, name) {
  const { decode, encode } = require('@jridgewell/sourcemap-codec');
  const code = ['const modules = {'];
  const lines = [[]];
  modules.forEach((module, source) => {
    const ofModule = module.code.split('\n');
    const decoded = decode(JSON.parse(module.map).mappings);
    code.push(`${JSON.stringify(module.path)}(module, exports, require, __filename, __dirname) {`, ...ofModule, '},');
    lines.push(
      [],
      ...ofModule.map((_, line) => decoded[line]?.slice(0, 1).map(([, , row]) => [0, source, row, 0]) ?? []),
      [],
    );
  });
  code.push(
    '};',
    `module.exports = (${loaderOf})(modules, ${JSON.stringify(root)}, require);`,
    `//# sourceMappingURL=${name}.map`,
    '',
  );
  const sources = modules.map(({ path }) => join(root, path));
  return { code: code.join('\n'), map: { version: 3, sources, names: [], mappings: encode(lines) } };
}

/** Runs in the bundle: a function that evaluates a module when it is first loaded, and returns what it exports. */
function loaderOf(modules, root, requireOther) {
  const { dirname, join } = requireOther('node:path');
  const loaded = new Map();
  const load = (path) => {
    const known = loaded.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    loaded.set(path, module);
    const folder = dirname(path);
    const requireFrom = (name) => {
      if (!name.startsWith('.')) return requireOther(name);
      const found = join(folder, name);
      return modules[`${found}.ts`] ? load(`${found}.ts`) : requireOther(join(root, found));
    };
    requireFrom.resolve = requireOther.resolve;
    modules[path].call(module.exports, module, module.exports, requireFrom, join(root, path), join(root, folder));
    return module.exports;
  };
  return load;
}

/** As Jest's transformer: instead of a module that is in the bundle, one line that loads it from there. */
const transformer = {
  canInstrument: false,
  getCacheKey: (_, path) => `bundled-sources 1 ${path}`,
  process(_, path) {
    return {
      code: `module.exports = require(process.env['BUNDLED_SOURCES'])(${JSON.stringify(relative(root, path))});\n`,
    };
  },
};

/** The full path of a module that is in the bundle, as a pattern for Jest. */
const modulePattern = `^${root.replace(/[^\w/]/g, '\\$&')}/${MODULE.source.slice(1)}`;

module.exports = { bundleSources, modulePattern, ...transformer };
