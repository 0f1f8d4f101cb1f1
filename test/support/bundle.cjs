const { bundlePackages } = require('./bundled-packages.cjs');
const { bundleSources } = require('./bundled-sources.cjs');

/** Runs once before the suites: makes the bundles that they load, unless they are there. */
module.exports = async function bundle() {
  await Promise.all([bundlePackages(), bundleSources()]);
};
