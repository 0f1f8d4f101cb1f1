const { createRequire, isBuiltin } = require('node:module');
const { default: Runtime } = require('jest-runtime');

/** Jest's own, and one that keeps the first logger of its process for ever. */
const LOADED_FOR_EACH_SUITE = new Set(['@jest/globals', 'nestjs-pino']);

/**
 * Loads packages as Node does: once for a worker, not once for each suite. Suites still have their own copies of our modules. So a package
 * cannot be replaced by `jest.mock`, and what it remembers lasts longer than a suite.
 */
module.exports = class SharedPackages extends Runtime {
  requireModuleOrMock(from, name) {
    return isShared(name) ? createRequire(from)(name) : super.requireModuleOrMock(from, name);
  }
};

function isShared(name) {
  return !name.startsWith('.') && !name.startsWith('/') && !isBuiltin(name) && !LOADED_FOR_EACH_SUITE.has(name);
}
